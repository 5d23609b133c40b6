#!/bin/sh
# What happens at the end of the installation, with the new system under /target (preseed/late_command)?
# Its network, who may log in, its clock, whom it trusts, its own certificate, and the first-boot script.
set -eu
root=${STAGING_ROOT:-}
target=$root/target
hook={{ hook | sh }}

report() {
	wget -q -T 5 -t 2 -O /dev/null --header 'Content-Type: text/plain' --post-data "${2:-}" "$hook/step/$1" </dev/null >/dev/null 2>&1 || :
}

finish() {
	code=$?
	[ $code -eq 0 ] && return
	report 'late-failed?failed=1' "status $code"
	staging-log installer "$root/var/log/syslog" || :
}
trap finish EXIT
report late-begin

# The port's name follows the PCI slot and is the same in the installed system: it is the one we came through.
port=$(ip route | sed -n 's/^default .*dev \([^ ]*\).*/\1/p' | head -n 1)
[ -n "$port" ] || port=$(ip -o link show up | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | grep -v '^lo$' | head -n 1)
mkdir -p "$target/etc/network"
cat >"$target/etc/network/interfaces" <<INTERFACES
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

{% if appliance.network is none -%}
allow-hotplug $port
iface $port inet dhcp
{%- else -%}
auto $port
iface $port inet static
	address {{ appliance.network.address }}
	gateway {{ appliance.network.gateway }}
{%- endif %}
INTERFACES
{%- if appliance.network is not none %}
cat >"$target/etc/resolv.conf" <<'RESOLV'
{%- if appliance.domain %}
search {{ appliance.domain }}
{%- endif %}
{%- for server in appliance.network.nameservers %}
nameserver {{ server }}
{%- endfor %}
RESOLV
{%- endif %}
{%- if appliance.ssh_keys %}

mkdir -p "$target/root/.ssh"
chmod 700 "$target/root/.ssh"
cat >"$target/root/.ssh/authorized_keys" <<'KEYS'
{%- for key in appliance.ssh_keys %}
{{ key }}
{%- endfor %}
KEYS
chmod 600 "$target/root/.ssh/authorized_keys"
{%- endif %}

mkdir -p "$target/etc/ssh/sshd_config.d"
printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\n' >"$target/etc/ssh/sshd_config.d/10-staging.conf"
{%- if appliance.ntp_servers %}

mkdir -p "$target/etc/systemd/timesyncd.conf.d"
printf '[Time]\nNTP=%s\n' {{ appliance.ntp_servers | join(' ') | sh }} >"$target/etc/systemd/timesyncd.conf.d/10-staging.conf"
{%- endif %}
{%- if appliance.authorities %}

# Whom the box trusts beside Debian's own list: the mirrors and the git server of the bench.
mkdir -p "$target/usr/local/share/ca-certificates"
{%- for authority in appliance.authorities %}
cat >"$target/usr/local/share/ca-certificates/staging-{{ loop.index }}.crt" <<'STAGING_FILE'
{{ authority }}
STAGING_FILE
{%- endfor %}
in-target update-ca-certificates
{%- endif %}
{%- if appliance.wazo is not none %}

# The engine's own certificate, made here so that its key never leaves the box. Wazo's package takes a pair that is
# there already, and makes one of its own, without this box's names, when there is none: so a failure stops nothing.
# Source: debian/wazo-certs.postinst of wazo-platform/wazo-certs, read 2026-11-21.
certs=/usr/share/wazo-certs
mkdir -p "$target$certs"
{%- set names = [appliance.hostname] + ([appliance.hostname ~ '.' ~ appliance.domain] if appliance.domain else []) %}
in-target openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj {{ ('/CN=' ~ names[-1])[:68] | sh }} \
	-addext {{ ('subjectAltName=' ~ names | map('replace', '', 'DNS:', 1) | join(',')) | sh }} \
	-keyout "$certs/server.key" -out "$certs/server.crt" || :
if ! chmod 640 "$target$certs/server.key" || [ ! -s "$target$certs/server.crt" ]; then
	rm -f "$target$certs/server.key" "$target$certs/server.crt"
	logger -t staging 'no certificate made: the engine makes its own' </dev/null
fi
{%- endif %}

mkdir -p "$target/usr/local/sbin" "$target/var/lib/staging" "$target/etc/systemd/system"
echo {{ appliance.serial | sh }} >"$target/var/lib/staging/serial"
# Only root may read it: it holds this box's ticket.
: >"$target/usr/local/sbin/staging-firstboot"
chmod 700 "$target/usr/local/sbin/staging-firstboot"
wget -q -T 30 -t 5 -O "$target/usr/local/sbin/staging-firstboot" {{ firstboot | sh }} </dev/null
cat >"$target/etc/systemd/system/staging-firstboot.service" <<'UNIT'
{% include 'staging-firstboot.service' %}
UNIT
in-target systemctl enable staging-firstboot.service
report late-done
