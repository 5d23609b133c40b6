#!/bin/sh
# Is the installer still working, and at what? Says so every 20 seconds until the box restarts.
#
# Debian's installer has no failure hook, and a question that waits leaves no error in its log: the server calls a
# box late when its step does not change. Failures that are logged bring the end of the log with them.
hook={{ hook | sh }}
log=${STAGING_ROOT:-}/var/log/syslog
tail_file=${TMPDIR:-/tmp}/staging.tail
sent=0
while :; do
	step=$(sed -n "s/.*main-menu\[[0-9]*\]: INFO: Menu item '\([^']*\)' selected.*/\1/p" "$log" 2>/dev/null | tail -n 1 | tr -cd 'A-Za-z0-9._-')
	bad=$(grep -c "main-menu.*WARNING \*\*: .* failed" "$log" 2>/dev/null)
	wget -q -T 5 -t 1 -O /dev/null "$hook/alive?step=${step:-start}&failures=${bad:-0}"
	if [ "${bad:-0}" -gt "$sent" ]; then
		tail -n 400 "$log" >"$tail_file"
		wget -q -T 10 -t 1 -O /dev/null --post-file="$tail_file" "$hook/log?name=installer" && sent=$bad
	fi
	sleep 20
done
