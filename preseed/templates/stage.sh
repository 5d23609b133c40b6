#!/bin/sh
# What does a bare box do until its answers are ready? It says what it is, shows why it waits, and asks again.
#
# Sourced by preseed/include_command inside the installer's own debconf session: standard input and descriptor 3
# talk to debconf, and standard output is the list of files to load next. So nothing here may read standard input
# or print, except for the one address at the end.
#
# The waiting screen is a progress window: a progress window takes no input, so nobody has to press a key, and its
# INFO text may change at any time. (A `note` or `error` question would wait for Enter.)
set +e

# Its answers are loaded already: a network boot names us twice, in the DHCP answer and on the kernel line, and the
# installer follows both. (Seen 2026-11-21, trixie: it would wait for ever for answers that were used.)
[ ! -e "${STAGING_ROOT:-}/lib/staging/disk.sh" ] || return 0

# The medium's own word counts; the address, which a person may have typed, only where the medium is silent.
staging_suite=$(sed -n 's/^DISTRIB_RELEASE=.*(\([a-z]*\)).*/\1/p' "${STAGING_ROOT:-}/etc/lsb-release" 2>/dev/null </dev/null)
staging_suite=${staging_suite:-{{ suite | sh }}}
staging_hello={{ links.hello() | sh }}
staging_answers={{ links.answers() | sh }}
staging_sys=${STAGING_ROOT:-}/sys/class
staging_tmp=${TMPDIR:-/tmp}

staging_clean() {
	# Classes would follow a locale that the installer has not; only these letters are left.
	# shellcheck disable=SC2018,SC2019
	tr -cd 'A-Za-z0-9._-' | tr 'a-z' 'A-Z' | sed 's/^[._-]*//'
}

staging_field() {
	[ -r "$staging_sys/dmi/id/$1" ] && staging_clean <"$staging_sys/dmi/id/$1" 2>/dev/null
}

staging_is_junk() {
	[ ${#1} -ge {{ shortest }} ] && [ ${#1} -le {{ longest }} ] || return 0
	case $1 in
	{{ junk | join('|') }}) return 0 ;;
	esac
	# One character over and over, as in 00000000 or FFFFFFFF-FFFF
	[ -z "$(printf '%s' "$1" | tr -d "$(printf '%.1s' "$1")-")" ]
}

staging_card() {
	ip route </dev/null 2>/dev/null | sed -n 's/^default .*dev \([^ ]*\).*/\1/p' | head -n 1
}

# The address of the port that leads to us; else of the first one that is not the loopback.
staging_mac() {
	staging_port=$(staging_card)
	for staging_file in "$staging_sys/net/$staging_port/address" "$staging_sys"/net/*/address; do
		case $staging_file in */net/lo/address | */net//address) continue ;; esac
		[ -r "$staging_file" ] || continue
		tr -cd '0-9A-Fa-f' <"$staging_file" | tr 'a-f' 'A-F'
		return
	done
}

staging_find_serial() {
	for staging_name in product_serial board_serial product_uuid; do
		staging_value=$(staging_field "$staging_name")
		if ! staging_is_junk "$staging_value"; then
			printf '%s' "$staging_value"
			return
		fi
	done
	staging_mac
}

# What the bench is shown of a box that it does not know yet. Short on purpose: the server takes 16 kB.
staging_facts() {
	echo "serial=$staging_serial"
	echo "suite=$staging_suite"
	for staging_name in sys_vendor product_name product_serial product_uuid board_name board_serial bios_version chassis_asset_tag; do
		[ -r "$staging_sys/dmi/id/$staging_name" ] || continue
		echo "$staging_name=$(tr -cd 'A-Za-z0-9 ._/()-' <"$staging_sys/dmi/id/$staging_name" | cut -c 1-100)"
	done
	echo "mac=$(staging_mac)"
	staging_port=$(staging_card)
	if [ -n "$staging_port" ]; then
		echo "interface=$staging_port"
		echo "network=$(ip -4 addr show dev "$staging_port" </dev/null 2>/dev/null |
			sed -n 's/^ *inet \([0-9.]*\/[0-9]*\).*/\1/p' | head -n 1)"
	fi
	staging_cards=0
	for staging_file in "$staging_sys"/net/*/address; do
		case $staging_file in */net/lo/address | *'*'*) ;; *) staging_cards=$((staging_cards + 1)) ;; esac
	done
	echo "cards=$staging_cards"
	echo "memory=$(sed -n 's/^MemTotal: *//p' "${STAGING_ROOT:-}/proc/meminfo" 2>/dev/null)"
	if [ -d "${STAGING_ROOT:-}/sys/firmware/efi" ]; then echo firmware=uefi; else echo firmware=bios; fi
}

# staging_fetch URL [wget option]: leaves the body in staging.answer, and wget's status in staging_code.
staging_fetch() {
	: >"$staging_tmp/staging.answer"
	wget -q -T 10 -t 1 -U debian-installer --content-on-error -O "$staging_tmp/staging.answer" \
		${2+"$2"} "$1" </dev/null >/dev/null 2>&1
	staging_code=$?
	return "$staging_code"
}

staging_greet() {
	staging_fetch "$staging_hello" "--post-file=$staging_tmp/staging.facts"
}

# Something that is no preseed (a captive portal, a proxy's page) is not worth a red screen: ask again.
staging_ask() {
	staging_fetch "$staging_answers$staging_serial" &&
		read -r staging_first <"$staging_tmp/staging.answer" && [ "$staging_first" = '#_preseed_V1' ]
}

# wget ends with 8 when the server answered with an error; its line is then in the file.
# debconf would read ${...} and \ in a text as its own, so they go; long lines do not fit the window.
staging_reason() {
	if [ "$staging_code" -eq 8 ] && [ -s "$staging_tmp/staging.answer" ]; then
		head -n 1 "$staging_tmp/staging.answer" | tr -cd 'A-Za-z0-9 .,;:_()/-' | cut -c 1-150
	else
		echo "the staging server does not answer (wget $staging_code), trying again"
	fi
}

staging_screen() {
	cat >"$staging_tmp/staging.templates" <<-'TEMPLATES'
		Template: staging/waiting
		Type: text
		Description: Staging bench, waiting: ${SERIAL}

		Template: staging/reason
		Type: text
		Description: ${REASON}
	TEMPLATES
	db_x_loadtemplatefile "$staging_tmp/staging.templates" staging >/dev/null 2>&1
	db_subst staging/waiting SERIAL "$staging_serial" >/dev/null 2>&1
	db_progress START 0 20 staging/waiting >/dev/null 2>&1
}

staging_show() {
	db_subst staging/reason REASON "$1" >/dev/null 2>&1
	db_progress INFO staging/reason >/dev/null 2>&1
	# The bar goes round: a person sees from afar that the box is alive.
	db_progress SET $((staging_round % 20)) >/dev/null 2>&1
}

staging_serial=$(staging_find_serial)
staging_facts >"$staging_tmp/staging.facts" 2>/dev/null
staging_round=0
staging_greeted=no
while :; do
	# Answers go only to the address that said hello, so hello comes first, and again each minute:
	# the server may have been restarted, or the bench's DHCP may have given another address.
	if [ $staging_greeted = no ] || [ $((staging_round % 12)) -eq 0 ]; then
		staging_greeted=no
		staging_greet && staging_greeted=yes
	fi
	if [ $staging_greeted = yes ] && staging_ask; then break; fi
	if [ $staging_round -eq 0 ]; then staging_screen; fi
	staging_show "$(staging_reason)"
	staging_round=$((staging_round + 1))
	sleep 5
done
if [ $staging_round -gt 0 ]; then db_progress STOP >/dev/null 2>&1; fi
# The installer fetches it once more by itself; the server allows that for ten minutes.
echo "$staging_answers$staging_serial"
