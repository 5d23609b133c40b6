#!/bin/sh
# Which disk may be wiped? Exactly one must be left after the rules, or nothing is touched and the bench is told.
#
# Run by partman/early_command, when the disks are there; the installer stops at a red screen when this fails.
set -u
root=${STAGING_ROOT:-}
sectors_per_gb=1953125 # 10^9 bytes in sectors of 512
found=''
why=''

reject() { why="$why $1:$2"; }

medium=$(sed -n 's,^/dev/\([^ ]*\) \(/cdrom\|/hd-media\|/media/cdrom\) .*,\1,p' "$root/proc/mounts" 2>/dev/null | head -n 1)

for disk in $(list-devices disk </dev/null); do
	name=$(printf '%s' "${disk#/dev/}" | tr / '!')
	about=$root/sys/block/$name
	[ -d "$about" ] || { reject "$name" unknown; continue; }
	[ "$(cat "$about/removable" 2>/dev/null)" = 0 ] || { reject "$name" removable; continue; }
	[ "$(cat "$about/ro" 2>/dev/null)" = 0 ] || { reject "$name" read-only; continue; }
	case $(readlink -f "$about") in */usb*) reject "$name" usb; continue ;; esac
	case $medium in "$name"*) reject "$name" installer; continue ;; esac
	size=$(cat "$about/size" 2>/dev/null)
	[ "${size:-0}" -ge $(({{ disk.minimum_gb }} * sectors_per_gb)) ] || { reject "$name" too-small; continue; }
{%- if disk.maximum_gb is not none %}
	[ "$size" -le $(({{ disk.maximum_gb }} * sectors_per_gb)) ] || { reject "$name" too-big; continue; }
{%- endif %}
	found="$found $disk"
done

# Word splitting is wanted: device names hold no blanks.
# shellcheck disable=SC2086
set -- $found
logger -t staging "disks that may be wiped:$found; others:$why" </dev/null
if [ $# -ne 1 ]; then
	staging-report disk-refused "expected one disk that may be wiped, found $#:$found; others:$why" failed
	exit 1
fi
debconf-set partman-auto/disk "$1"
debconf-set grub-installer/bootdev "$1"
staging-report disk-chosen "$1"
