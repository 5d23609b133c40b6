#!/bin/sh
# What happens at the end of the installation, with the new system under /target (preseed/late_command)?
# Its network, who may log in, its clock, whom it trusts, its own certificate, and the first-boot script.
set -eu
root=${STAGING_ROOT:-}
target=$root/target
hook=http://preseed/hooks/install/tick7et

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

auto $port
iface $port inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
INTERFACES
cat >"$target/etc/resolv.conf" <<'RESOLV'
search bench.lan
nameserver 192.0.2.2
RESOLV

mkdir -p "$target/root/.ssh"
chmod 700 "$target/root/.ssh"
cat >"$target/root/.ssh/authorized_keys" <<'KEYS'
ssh-ed25519 AAAAC3Nza accueil@atelier-bleu
KEYS
chmod 600 "$target/root/.ssh/authorized_keys"

mkdir -p "$target/etc/ssh/sshd_config.d"
printf 'PermitRootLogin prohibit-password\nPasswordAuthentication no\n' >"$target/etc/ssh/sshd_config.d/10-staging.conf"

mkdir -p "$target/etc/systemd/timesyncd.conf.d"
printf '[Time]\nNTP=%s\n' ntp.bench.lan >"$target/etc/systemd/timesyncd.conf.d/10-staging.conf"

# Whom the box trusts beside Debian's own list: the mirrors and the git server of the bench.
mkdir -p "$target/usr/local/share/ca-certificates"
cat >"$target/usr/local/share/ca-certificates/staging-1.crt" <<'STAGING_FILE'
-----BEGIN CERTIFICATE-----
MIIBatelierBleu+/==
-----END CERTIFICATE-----
STAGING_FILE
in-target update-ca-certificates

# The engine's own certificate, made here so that its key never leaves the box. Wazo's package takes a pair that is
# there already, and makes one of its own, without this box's names, when there is none: so a failure stops nothing.
# Source: debian/wazo-certs.postinst of wazo-platform/wazo-certs, read 2026-11-21.
certs=/usr/share/wazo-certs
mkdir -p "$target$certs"
in-target openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj /CN=sn0042.bench.lan \
	-addext subjectAltName=DNS:sn0042,DNS:sn0042.bench.lan \
	-keyout "$certs/server.key" -out "$certs/server.crt" || :
if ! chmod 640 "$target$certs/server.key" || [ ! -s "$target$certs/server.crt" ]; then
	rm -f "$target$certs/server.key" "$target$certs/server.crt"
	logger -t staging 'no certificate made: the engine makes its own' </dev/null
fi

mkdir -p "$target/usr/local/sbin" "$target/var/lib/staging" "$target/etc/systemd/system"
echo SN0042 >"$target/var/lib/staging/serial"
# Only root may read it: it holds this box's ticket.
: >"$target/usr/local/sbin/staging-firstboot"
chmod 700 "$target/usr/local/sbin/staging-firstboot"
wget -q -T 30 -t 5 -O "$target/usr/local/sbin/staging-firstboot" http://preseed/preseed/SN0042/read7/firstboot </dev/null
cat >"$target/etc/systemd/system/staging-firstboot.service" <<'UNIT'
[Unit]
Description=Staging: first boot, install the telephone system and report
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/var/lib/staging/firstboot.done
# No limit: a bench without Internet is waited for, whatever time it takes.
StartLimitIntervalSec=0

[Service]
# Not oneshot: the boot must not wait for us, the services that we install want it finished.
Type=exec
ExecStart=/usr/local/sbin/staging-firstboot
Restart=on-failure
RestartSec=60
# Ansible wants a home and a UTF-8 locale.
Environment=HOME=/root LANG=C.UTF-8 LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

[Install]
WantedBy=multi-user.target

UNIT
in-target systemctl enable staging-firstboot.service
report late-done
