#!/bin/sh
# What happens in the installer as soon as this box's answers are loaded (preseed/run)?
# The name is set, the scripts for later are laid down, and the box begins to report.
set -u
root=${STAGING_ROOT:-}
hook=http://preseed/hooks/install/tick7et
name=sn0042
domain=bench.lan

# The network came up before the answers did, so netcfg's own questions are too late for the name.
# base-installer copies these two files to the new system.
echo "$name" >"$root/etc/hostname"
hostname "$name"
cat >"$root/etc/hosts" <<HOSTS
127.0.0.1	localhost
127.0.1.1	${domain:+$name.$domain }$name

::1     localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
HOSTS

mkdir -p "$root/bin" "$root/lib/staging"
cat >"$root/bin/staging-report" <<'STAGING_FILE'
#!/bin/sh
# staging-report STEP [DETAIL [failed]]: tells the bench which step was reached. Never fails: reporting stops nobody.
wget -q -T 5 -t 2 -O /dev/null --header 'Content-Type: text/plain' --post-data "${2:-}" \
	http://preseed/hooks/install/tick7et"/step/$1${3:+?failed=1}" </dev/null >/dev/null 2>&1
exit 0
STAGING_FILE
cat >"$root/lib/staging/disk.sh" <<'STAGING_FILE'
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
	[ "${size:-0}" -ge $((32 * sectors_per_gb)) ] || { reject "$name" too-small; continue; }
	[ "$size" -le $((1000 * sectors_per_gb)) ] || { reject "$name" too-big; continue; }
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

STAGING_FILE
cat >"$root/lib/staging/heartbeat.sh" <<'STAGING_FILE'
#!/bin/sh
# Is the installer still working, and at what? Says so every 20 seconds until the box restarts.
#
# Debian's installer has no failure hook, and a question that waits leaves no error in its log: the server calls a
# box late when its step does not change. Failures that are logged bring the end of the log with them.
hook=http://preseed/hooks/install/tick7et
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

STAGING_FILE
chmod 755 "$root/bin/staging-report" "$root/lib/staging/disk.sh" "$root/lib/staging/heartbeat.sh"

# Folders whose scripts the installer runs at the named moments. post-base comes before the kernel is installed.
report_at() {
	mkdir -p "$root/usr/lib/$1"
	printf '#!/bin/sh\nexec %s/bin/staging-report %s\n' "$root" "$3" >"$root/usr/lib/$1/$2"
	chmod 755 "$root/usr/lib/$1/$2"
}
report_at base-installer.d 01staging base-begin
report_at post-base-installer.d 99staging base-done
report_at pre-pkgsel.d 01staging pkgsel-begin
report_at finish-install.d 06staging finish-begin

# The last of all, just before the restart: the whole log, then "installed".
cat >"$root/usr/lib/finish-install.d/95staging" <<'STAGING_FILE'
#!/bin/sh
wget -q -T 20 -t 2 -O /dev/null --post-file=/var/log/syslog http://preseed/hooks/install/tick7et'/log?name=installer' </dev/null >/dev/null 2>&1
wget -q -T 10 -t 3 -O /dev/null --post-data '' http://preseed/hooks/install/tick7et/installed </dev/null >/dev/null 2>&1
exit 0
STAGING_FILE
chmod 755 "$root/usr/lib/finish-install.d/95staging"

# debconf must not wait for a child that holds its descriptors; there is no setsid or nohup here.
(
	exec 3>&- 4>&- 5>&-
	exec sh "$root/lib/staging/heartbeat.sh" </dev/null >/dev/null 2>&1
) &

"$root/bin/staging-report" early "$(cat "${STAGING_ROOT:-}/proc/cmdline" 2>/dev/null)"
exit 0
