#!/bin/sh
# What happens at the end of the installation, with the new system under /target (preseed/late_command)?
# Its network, who may log in, its clock, and the first-boot script.
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
