#!/bin/sh
# Is the installer still working, at what, and does it ask something? Says so every 20 seconds until the box restarts.
#
# Debian's installer has no failure hook: what its menu calls failed is reported here, with its logs.
hook={{ hook | sh }}
log=${STAGING_ROOT:-}/var/log/syslog
partman=${STAGING_ROOT:-}/var/log/partman
asked=${TMPDIR:-/tmp}/staging.question
sent=0
while :; do
	step=$(sed -n "s/.*main-menu\[[0-9]*\]: INFO: Menu item '\([^']*\)' selected.*/\1/p" "$log" 2>/dev/null | tail -n 1 | tr -cd 'A-Za-z0-9._-')
	question=$(head -n 1 "$asked" 2>/dev/null | tr -cd 'A-Za-z0-9._/-' | cut -c 1-120)
	bad=$(grep -c "main-menu.*WARNING \*\*: .* failed" "$log" 2>/dev/null)
	wget -q -T 5 -t 1 -O /dev/null "$hook/alive?step=${step:-start}&failures=${bad:-0}&question=$question"
	if [ "${bad:-0}" -gt "$sent" ]; then
		failed=$(grep "main-menu.*WARNING \*\*: .* failed" "$log" | tail -n 1 | sed "s/.*Configuring '\([^']*\)'.*/\1/" | tr -cd 'A-Za-z0-9._-' | cut -c 1-40)
		staging-report "${failed:-${step:-step}}-failed" "$(grep "main-menu.*WARNING \*\*: .* failed" "$log" | tail -n 1 | cut -c 1-300)" failed
		staging-log installer "$log"
		[ ! -f "$partman" ] || staging-log partman "$partman"
		sent=$bad
	fi
	sleep 20
done
