#!/bin/sh
# Which disk may be wiped? Exactly one must be left after the rules. With none or several nothing is touched: the bench
# page shows the disks, somebody chooses there, and this goes on by itself.
#
# Run by partman/early_command, when the disks are there. It ends with a chosen disk or not at all: a failure here
# would be a red screen, on which nobody could choose any more.
set -u
root=${STAGING_ROOT:-}
hook={{ hook | sh }}
answer=${TMPDIR:-/tmp}/staging.disk

# Facts of one disk in staging_...; what cannot be read is a question mark, which keeps to no rule.
staging_read() { # NAME
	staging_about=$root/sys/block/$1
	staging_sectors=$(staging_word size)
	staging_removable=$(staging_word removable)
	staging_read_only=$(staging_word ro)
	staging_usb=1
	case $(readlink -f "$staging_about" 2>/dev/null) in */usb*) ;; ?*) staging_usb=0 ;; esac
	staging_medium=0
	for staging_part in $staging_media; do
		# The medium is mounted from the disk itself or from one of its parts: sdb, sdb1, nvme0n1p1.
		case $staging_part in "$1" | "$1"[0-9]* | "$1"p[0-9]*) staging_medium=1 ;; esac
	done
	staging_used=$(staging_is_used "$1")
	staging_model=''
	[ ! -r "$staging_about/device/model" ] ||
		staging_model=$(tr -cd 'A-Za-z0-9 ._-' <"$staging_about/device/model" | tr -s ' ' | sed 's/^ //' | cut -c 1-60 | sed 's/ $//')
}

staging_word() { # FILE: a number, or ?
	staging_value=$(cat "$staging_about/$1" 2>/dev/null)
	case $staging_value in '' | *[!0-9]* | ???????????????????*) staging_value='?' ;; esac
	printf '%s' "$staging_value"
}

# Parts that the kernel sees, or anything at all in the first 64 kB: tables, file systems and volumes begin there.
staging_is_used() { # NAME
	for staging_part in "$staging_about/$1"*; do
		[ -e "$staging_part/partition" ] && { echo 1; return; }
	done
	staging_device=$root/dev/$(printf '%s' "$1" | tr '!' '/')
	staging_count=$(head -c 65536 "$staging_device" 2>/dev/null | wc -c)
	[ "$staging_count" -eq 65536 ] || { echo '?'; return; }
	staging_count=$(head -c 65536 "$staging_device" 2>/dev/null | tr -d '\000' | wc -c)
	[ "$staging_count" -eq 0 ] && echo 0 || echo 1
}

# Why the disk in staging_... may not be wiped; empty when it may. Written from disk_rules.toml.
staging_judge() {
{%- for rule in rules %}
	{{ rule.shell }} 2>/dev/null || { staging_reason={{ rule.reason }}; return; }
{%- endfor %}
	staging_reason=''
}

# The same without what a person may set aside.
staging_judge_hand() {
{%- for rule in rules if not rule.hand %}
	{{ rule.shell }} 2>/dev/null || { staging_reason={{ rule.reason }}; return; }
{%- endfor %}
	staging_reason=''
}

staging_facts() {
	printf '%s %s %s %s %s %s %s %s\n' "$1" "$staging_sectors" "$staging_removable" "$staging_read_only" \
		"$staging_usb" "$staging_medium" "$staging_used" "$staging_model"
}

staging_look() {
	staging_media=$(sed -n 's,^/dev/\([^ ]*\) \(/cdrom\|/hd-media\|/media/cdrom\) .*,\1,p' "$root/proc/mounts" 2>/dev/null | tr / '!')
	staging_found=''
	staging_why=''
	staging_seen=0
	: >"$answer.facts"
	for staging_disk in $(list-devices disk </dev/null); do
		staging_name=$(printf '%s' "${staging_disk#/dev/}" | tr / '!')
		staging_seen=$((staging_seen + 1))
		staging_read "$staging_name"
		staging_facts "$staging_name" >>"$answer.facts"
		staging_judge
		if [ -z "$staging_reason" ]; then
			staging_found="$staging_found $staging_disk"
		else
			staging_why="$staging_why $staging_name:$staging_reason"
		fi
	done
}

staging_send_facts() {
	wget -q -T 10 -t 1 -O /dev/null --post-file="$answer.facts" "$hook/disks" </dev/null >/dev/null 2>&1
}

staging_take() { # DEVICE
	staging_hide
	staging_send_facts
	debconf-set partman-auto/disk "$1"
	debconf-set grub-installer/bootdev "$1"
	staging-report disk-chosen "$1"
	exit 0
}

# What was chosen at the bench page: "name sectors". It is read again and must be the same disk, and no stick.
staging_take_chosen() {
	staging_answers=no
	wget -q -T 10 -t 1 -O "$answer" "$hook/disk" </dev/null >/dev/null 2>&1 || return
	staging_answers=yes
	read -r staging_name staging_size <"$answer" || return
	for staging_disk in $(list-devices disk </dev/null); do
		[ "${staging_disk#/dev/}" = "$(printf '%s' "$staging_name" | tr '!' '/')" ] || continue
		staging_read "$staging_name"
		staging_judge_hand
		[ -z "$staging_reason" ] && [ "$staging_sectors" = "$staging_size" ] && staging_take "$staging_disk"
	done
}

# Why it waits, on the box's own screen: a progress window takes no input, so nobody has to press a key. partman has
# one of its own open: it is closed for ours, and opened again as it was. Without debconf there is no screen.
staging_screen=none
if [ -n "${DEBIAN_HAS_FRONTEND:-}" ] && [ -r "$root/usr/share/debconf/confmodule" ]; then
	set +u
	# shellcheck source=/dev/null
	. "$root/usr/share/debconf/confmodule"
	set -u
	staging_screen=ready
fi

staging_show() { # TEXT
	[ $staging_screen != none ] || return 0
	if [ $staging_screen = ready ]; then
		cat >"$answer.templates" <<-'TEMPLATES'
			Template: staging/disk-waiting
			Type: text
			Description: Staging bench, waiting for a disk: {{ appliance.serial }}

			Template: staging/disk-reason
			Type: text
			Description: ${REASON}
		TEMPLATES
		db_x_loadtemplatefile "$answer.templates" staging
		db_progress STOP
		db_progress START 0 20 staging/disk-waiting
		staging_screen=0
	fi
	# debconf would read ${...} and \ in a text as its own; the bar goes round, so that the box is seen to be alive.
	db_subst staging/disk-reason REASON "$(printf '%s' "$1" | tr -cd 'A-Za-z0-9 .,;:_()/!-' | cut -c 1-150)"
	db_progress INFO staging/disk-reason
	staging_screen=$((staging_screen % 20 + 1))
	db_progress SET $staging_screen
}

staging_hide() {
	case $staging_screen in none | ready) return 0 ;; esac
	db_progress STOP
	db_progress START 0 "$(find "$root/lib/partman/init.d" -type f 2>/dev/null | wc -l)" partman/progress/init/title
	staging_screen=ready
}

staging_reason_to_wait() { # how many may be wiped
	if [ $staging_answers = no ]; then
		echo 'the staging server does not answer: look at the cable, then at the service'
	elif [ $staging_seen -eq 0 ]; then
		echo 'no disk found: fit one, or look at its cable'
	elif [ "$1" -eq 0 ]; then
		echo "no disk may be wiped, see the bench page:$staging_why"
	else
		echo "choose one at the bench page, these may be wiped:$staging_found"
	fi
}

staging_last=''
while :; do
	staging_look
	# Word splitting is wanted: device names hold no blanks.
	# shellcheck disable=SC2086
	set -- $staging_found
	[ $# -ne 1 ] || staging_take "$1"
	staging_take_chosen
	# Told when it is new, and again each minute: the bench may have been away.
	staging_round=$((${staging_round:-11} + 1))
	if [ "$staging_found $staging_why" != "$staging_last" ] || [ $((staging_round % 12)) -eq 0 ]; then
		logger -t staging "disks that may be wiped:$staging_found; others:$staging_why" </dev/null
		staging_send_facts
		staging-report disk-refused "expected one disk that may be wiped, found $#:$staging_found; others:$staging_why" failed
		staging_last="$staging_found $staging_why"
	fi
	staging_show "$(staging_reason_to_wait $#)"
	sleep 5
done
