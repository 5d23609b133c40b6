#!/bin/sh
# What happens in the installer as soon as this box's answers are loaded (preseed/run)?
# The name is set, the scripts for later are laid down, and the box begins to report.
set -u
root=${STAGING_ROOT:-}
name={{ appliance.hostname | sh }}
domain={{ appliance.domain | sh }}

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
	{{ hook | sh }}"/step/$1${3:+?failed=1}" </dev/null >/dev/null 2>&1
exit 0
STAGING_FILE
cat >"$root/bin/staging-log" <<'STAGING_FILE'
{% include 'log.sh' %}
STAGING_FILE
cat >"$root/lib/staging/disk.sh" <<'STAGING_FILE'
{% include 'disk.sh' %}
STAGING_FILE
cat >"$root/lib/staging/asker.sh" <<'STAGING_FILE'
{% include 'asker.sh' %}
STAGING_FILE
cat >"$root/lib/staging/heartbeat.sh" <<'STAGING_FILE'
{% include 'heartbeat.sh' %}
STAGING_FILE
chmod 755 "$root/bin/staging-report" "$root/bin/staging-log" "$root/lib/staging/disk.sh" "$root/lib/staging/asker.sh" \
	"$root/lib/staging/heartbeat.sh"

# A question that waits leaves no trace in any log. So the shell library through which the installer's scripts ask is
# told to name it: what was asked is in staging.question for as long as it is on the screen.
if [ -f "$root/usr/share/debconf/confmodule" ] && ! grep -q 'the staging service' "$root/usr/share/debconf/confmodule"; then
	cat >>"$root/usr/share/debconf/confmodule" <<'STAGING_FILE'
{% include 'confmodule.sh' %}
STAGING_FILE
fi

# Programs that ask for themselves get somebody who listens. The base system's is not there before the disk is written.
mkdir -p "$root/lib/staging/real"
cat >"$root/lib/staging/listen.sh" <<'STAGING_FILE'
#!/bin/sh
# listen.sh PROGRAM...: from now on the questions of these programs are named.
for program; do
	real=${STAGING_ROOT:-}/lib/staging/real/${program##*/}
	if [ ! -x "${STAGING_ROOT:-}$program" ] || [ -e "$real" ]; then continue; fi
	mv "${STAGING_ROOT:-}$program" "$real" && cp "${STAGING_ROOT:-}/lib/staging/asker.sh" "${STAGING_ROOT:-}$program"
done
exit 0
STAGING_FILE
chmod 755 "$root/lib/staging/listen.sh"
"$root/lib/staging/listen.sh" /bin/choose-mirror /bin/anna

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

# partman runs this when the disk is written: from here on a network boot has to start the disk.
mkdir -p "$root/lib/partman/finish.d"
printf '#!/bin/sh\n%s/bin/staging-report partitioned\n%s/lib/staging/listen.sh /usr/sbin/run-debootstrap\nexit 0\n' "$root" "$root" \
	>"$root/lib/partman/finish.d/01staging"
chmod 755 "$root/lib/partman/finish.d/01staging"

# The last of all, just before the restart: the whole log, then "installed".
cat >"$root/usr/lib/finish-install.d/95staging" <<'STAGING_FILE'
#!/bin/sh
staging-log installer /var/log/syslog
wget -q -T 10 -t 3 -O /dev/null --post-data '' {{ hook | sh }}/installed </dev/null >/dev/null 2>&1
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
