# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC3043 # busybox ash has local
#
# dnsmasq is sent to us, and back. Sourced after settings.sh.
#
# In each section of the kind dnsmasq that is handed over, /etc/config/dhcp has
#	noresolv, server	what dnsmasq reads: no servers of the network's, ours, and those of single domains (/DOMAIN/ADDRESS)
#	ctresolved_noresolv	what noresolv was, or 'unset': as long as it is there, the section is handed over
#	ctresolved_server	all entries that server had
#	ctresolved_ours		those of $listen that we have put there
# It is kept on flash: after a power cut, or while nobody answers, dnsmasq must not ask in plain text what it asked us before.

# dnsmasq_sections: the names of all.
dnsmasq_sections() {
	uci -q -X show dhcp | sed -n 's/^dhcp\.\([A-Za-z0-9_]*\)=dnsmasq$/\1/p'
}

# dnsmasq_is_meant SECTION INDEX WORDS: whether these words, of dnsmasq_config_update, mean that section.
dnsmasq_is_meant() {
	[ "$3" = '*' ] || is_one_of "$1" "$3" || is_one_of "$2" "$3"
}

# dnsmasq_known WORDS: complains of those that mean no section.
dnsmasq_known() {
	local word section index known

	for word in $1; do
		index=0 known=
		for section in $(dnsmasq_sections); do
			! dnsmasq_is_meant "$section" $index "$word" || known=yes
			index=$((index + 1))
		done
		[ -n "$known" ] || complain global.dnsmasq_config_update "/etc/config/dhcp has no section '$word' of the kind dnsmasq"
	done
}

# dnsmasq_asks_all SERVER: whether it is asked for all names: one without domains, or with the domain #.
dnsmasq_asks_all() {
	case $1 in
	*/'#'/*) return 0 ;;
	/*) return 1 ;;
	*) return 0 ;;
	esac
}

# our_servers LISTEN…: as dnsmasq writes them.
our_servers() {
	local one address

	for one in "$@"; do
		address=${one%@*}
		case $address in
		0.0.0.0) address=127.0.0.1 ;;
		::) address=::1 ;;
		esac
		printf ' %s#%s' "$address" "${one##*@}"
	done
}

# list_set SECTION OPTION VALUE…
list_set() {
	local section=$1 option=$2 one

	shift 2
	uci -q delete "dhcp.$section.$option" || true
	for one in "$@"; do
		uci -q add_list "dhcp.$section.$option=$one"
	done
}

# section_hand_over SECTION OUR-SERVERS
section_hand_over() {
	local section=$1 ours=$2 had now was before one new=''

	now=$(uci -q get "dhcp.$section.server")
	was=$(uci -q get "dhcp.$section.noresolv") || was='unset'
	had=$now
	if one=$(uci -q get "dhcp.$section.ctresolved_noresolv"); then
		was=$one
		before=$(uci -q get "dhcp.$section.ctresolved_ours")
		had=$(uci -q get "dhcp.$section.ctresolved_server")
		# What somebody has added meanwhile is theirs, and comes back with the rest.
		for one in $now; do
			is_one_of "$one" "$before $had" || had="$had $one"
		done
	fi
	for one in $now; do
		dnsmasq_asks_all "$one" || new="$new $one"
	done
	new=${new# }$ours
	new=${new# }
	if [ "$new" = "$now" ] && [ "$before" = "${ours# }" ] && [ "$(uci -q get "dhcp.$section.noresolv")" = 1 ]; then
		return
	fi
	# shellcheck disable=SC2086 # lists of words
	{
		list_set "$section" ctresolved_server $had
		list_set "$section" ctresolved_ours $ours
		list_set "$section" server $new
	}
	uci -q set "dhcp.$section.ctresolved_noresolv=$was"
	uci -q set "dhcp.$section.noresolv=1"
	dnsmasq_changed=yes
}

# section_restore SECTION: what was there, less what was taken out since, and what was put in since.
section_restore() {
	local section=$1 was had now before one new=''

	was=$(uci -q get "dhcp.$section.ctresolved_noresolv") || return 0
	before=$(uci -q get "dhcp.$section.ctresolved_ours")
	had=$(uci -q get "dhcp.$section.ctresolved_server")
	now=$(uci -q get "dhcp.$section.server")
	for one in $had; do
		if dnsmasq_asks_all "$one" || is_one_of "$one" "$now"; then
			new="$new $one"
		fi
	done
	for one in $now; do
		is_one_of "$one" "$before $new" || new="$new $one"
	done
	# shellcheck disable=SC2086 # a list of words
	list_set "$section" server $new
	if [ "$was" = unset ]; then
		uci -q delete "dhcp.$section.noresolv"
	else
		uci -q set "dhcp.$section.noresolv=$was"
	fi
	for one in noresolv server ours; do
		uci -q delete "dhcp.$section.ctresolved_$one"
	done
	dnsmasq_changed=yes
}

# dnsmasq_finish: keeps what was changed, if anything was. At boot dnsmasq starts later, by itself.
dnsmasq_finish() {
	[ -n "$dnsmasq_changed" ] || return 0
	uci -q commit dhcp
	if [ -z "$booting" ] && [ -x /etc/init.d/dnsmasq ] && /etc/init.d/dnsmasq enabled; then
		/etc/init.d/dnsmasq restart
	fi
}

# dnsmasq_hand_over WORDS LISTEN…: the sections that these words mean are handed over, all others given back.
dnsmasq_hand_over() {
	local words=$1 ours section index=0

	shift
	ours=$(our_servers "$@")
	dnsmasq_changed=
	set -f
	for section in $(dnsmasq_sections); do
		if dnsmasq_is_meant "$section" $index "$words"; then
			section_hand_over "$section" "$ours"
		else
			section_restore "$section"
		fi
		index=$((index + 1))
	done
	set +f
	[ -z "$dnsmasq_changed" ] || say "dnsmasq now asks$ours"
	dnsmasq_finish
}

dnsmasq_restore() {
	local section

	dnsmasq_changed=
	set -f
	for section in $(dnsmasq_sections); do
		section_restore "$section"
	done
	set +f
	[ -z "$dnsmasq_changed" ] || say "dnsmasq asks again whom it asked before"
	dnsmasq_finish
}
