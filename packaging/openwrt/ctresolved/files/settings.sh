# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC3043,SC2317 # busybox ash has local; callbacks are called from elsewhere
#
# /etc/config/ctresolved is read, judged, and written as ctresolved.conf(5). Sourced after /lib/functions.sh.
#
# Nothing is passed over: an option that is not known, or whose value cannot be, is told by complain(), and then nothing of
# all this is used. What ctresolved.conf(5) itself refuses is found by ctresolved --check, afterwards.

NAME=ctresolved
RENDERED=/var/etc/ctresolved/ctresolved.conf

ctresolved_options="enabled manual conf_file trigger triggerdelay ct_policy ca_file log_list cache_size \
dnsmasq_config_update log_level user"
ctresolved_lists="listen_address allow_clients"
resolver_options="address tls_auth_name tls_port protocol path resolver_url"
resolver_lists="spki"

mistakes=0
newline='
'

say() {
	logger -s -t "$NAME" -p daemon.notice "$*"
}

# complain WHERE WHAT-IS-WRONG
complain() {
	mistakes=$((mistakes + 1))
	logger -s -t "$NAME" -p daemon.err "/etc/config/$NAME: ${1:+$1: }$2"
}

# section_called SECTION: sets $called, what uci calls the next section of the kind resolver.
section_called() {
	called=$1
	case $1 in
	cfg??????) called="@resolver[$resolvers]" ;;
	esac
	resolvers=$((resolvers + 1))
}

# is_one_of WORD WORDS
is_one_of() {
	case " $2 " in
	*" $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

is_number() {
	case $1 in
	'' | *[!0-9]* | 0?* | ??????????*) return 1 ;;
	esac
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

is_ip4() {
	local IFS=. part parts=0

	case $1 in
	'' | *[!0-9.]* | .* | *. | *..*) return 1 ;;
	esac
	for part in $1; do
		is_number "$part" 0 255 || return 1
		parts=$((parts + 1))
	done
	[ $parts -eq 4 ]
}

# Whether it may be one: inet_pton(3), in ctresolved --check, knows the rest.
is_ip6() {
	case $1 in
	*[!0-9a-fA-F:.]* | *:::*) return 1 ;;
	*:*:*) return 0 ;;
	*) return 1 ;;
	esac
}

is_host_name() {
	case $1 in
	'' | *[!A-Za-z0-9.-]* | [.-]* | *- | *..* | *.-* | *-.*) return 1 ;;
	*[A-Za-z]*) return 0 ;;
	*) return 1 ;;
	esac
}

# An absolute path without anything that a shell, or ctresolved.conf(5), would take for more.
is_path() {
	case $1 in
	*[!A-Za-z0-9._/+-]* | */../* | */.. | */) return 1 ;;
	/*) return 0 ;;
	*) return 1 ;;
	esac
}

# with_port ADDRESS [PORT]: as ctresolved.conf(5) writes it.
with_port() {
	case $1 in
	*:*) printf '[%s]%s' "$1" "${2:+:$2}" ;;
	*) printf '%s%s' "$1" "${2:+:$2}" ;;
	esac
}

# hex_of BASE64: 32 bytes, as stubby's configuration has hashes of keys.
hex_of() {
	case $1 in
	*[!A-Za-z0-9+/=]*) return 1 ;;
	*=*=*) return 1 ;;
	*=) ;;
	*) return 1 ;;
	esac
	[ ${#1} -eq 44 ] || return 1
	echo "$1" | awk '{
		digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		for (i = 1; i < 44; i += 4) {
			bits = 0
			for (j = 0; j < 4; j++) {
				digit = index(digits, substr($0, i + j, 1)) - 1
				bits = bits * 64 + (digit < 0 ? 0 : digit)
			}
			hex = hex sprintf("%06x", bits)
		}
		print substr(hex, 1, 64)
	}'
}

# settings_names: complains of sections and options that do not exist. An option where a list belongs, or the other way
# round, would be read as nothing at all.
settings_names() {
	section_kind=
	resolvers=0
	config_cb() {
		section_kind=$1
		called=$2
		case $1:$2 in
		: | "$NAME:global") ;;
		resolver:*) section_called "$2" ;;
		"$NAME:"*) complain "$2" "the one section of the kind $NAME is named 'global'" ;;
		*) complain "$2" "there is no kind of section '$1' ($NAME, resolver)" ;;
		esac
	}
	option_cb() { settings_name option "$1" "$section_kind"; }
	list_cb() { settings_name list "$1" "$section_kind"; }
	config_load "$NAME"
	local loaded=$?
	reset_cb
	return $loaded
}

# settings_name option|list NAME KIND-OF-SECTION
settings_name() {
	local options lists

	case $3 in
	"$NAME") options=$ctresolved_options lists=$ctresolved_lists ;;
	resolver) options=$resolver_options lists=$resolver_lists ;;
	*) return ;;
	esac
	if is_one_of "$2" "$options"; then
		[ "$1" = option ] || complain "$called.$2" "has one value: 'option $2', not 'list $2'"
	elif is_one_of "$2" "$lists"; then
		[ "$1" = list ] || complain "$called.$2" "may have several values: 'list $2', not 'option $2'"
	else
		complain "$called.$2" "there is no such option"
	fi
}

# bool_get VARIABLE OPTION DEFAULT: a word that is neither yes nor no is a mistake, not the default.
bool_get() {
	local word

	config_get word global "$2" "$3"
	case $word in
	1 | on | true | yes | enabled) eval "$1=1" ;;
	0 | off | false | no | disabled) eval "$1=0" ;;
	*) complain "global.$2" "'$word' is neither 1 nor 0" ;;
	esac
}

# path_get VARIABLE OPTION DEFAULT
path_get() {
	local path

	config_get path global "$2" "$3"
	if ! is_path "$path"; then
		complain "global.$2" "'$path' is not an absolute path of letters, digits and ._+-"
	elif [ ! -r "$path" ]; then
		complain "global.$2" "$path: there is no such file"
	fi
	eval "$1=\$path"
}

# own_folder OPTION PATH: the jail is shown its folder, which must not be /etc, say, or /tmp.
own_folder() {
	case $2 in
	/*/*/*) ;;
	*) complain "global.$1" "$2: it needs a folder of its own" ;;
	esac
}

read_listen_address() {
	local address=${1%@*} port=5453

	case $1 in
	*@*) port=${1##*@} ;;
	esac
	if ! is_ip4 "$address" && ! is_ip6 "$address"; then
		complain global.listen_address "'$1' is not ADDRESS@PORT"
	elif ! is_number "$port" 1 65535; then
		complain global.listen_address "'$1': a port is a number from 1 to 65535"
	elif [ "$port" = 53 ] && [ "$dnsmasq" != - ]; then
		complain global.listen_address "'$1': port 53 is dnsmasq's own; take another, or set dnsmasq_config_update '-'"
	else
		listen="$listen $address@$port"
	fi
}

read_allow_clients() {
	local address=${1%/*} bits=0

	case $1 in
	*/*) bits=${1#*/} ;;
	esac
	if { is_ip4 "$address" || is_ip6 "$address"; } && is_number "$bits" 0 128; then
		clients="$clients $1"
	else
		complain global.allow_clients "'$1' is not ADDRESS or ADDRESS/BITS"
	fi
}

read_spki() {
	local hex

	case $1 in
	sha256/*) hex=$(hex_of "${1#sha256/}") || hex= ;;
	sha256:*) hex=${1#sha256:} ;;
	*) hex= ;;
	esac
	case $hex in
	*[!0-9A-Fa-f]*) hex= ;;
	esac
	if [ ${#hex} -eq 64 ]; then
		pins="${pins}PinPublicKey=$address sha256:$hex$newline"
	else
		complain "$called.spki" "'$1' is not sha256/BASE64 or sha256:HEX of 32 bytes"
	fi
}

# https-dns-proxy's way to name a server: its address is asked of the other ones.
read_url() {
	local other

	for other in address tls_auth_name tls_port protocol path; do
		config_get other "$section" "$other"
		[ -z "$other" ] || complain "$called.resolver_url" "stands for itself: no address, tls_auth_name, tls_port, protocol, path"
	done
	case $1 in
	*[!A-Za-z0-9./:_~?{}%=-]*) complain "$called.resolver_url" "'$1' is not https://NAME[:PORT][/PATH]" ;;
	https://*) upstreams="${upstreams}DNS=$1$newline" ;;
	*) complain "$called.resolver_url" "'$1' is not https://NAME[:PORT][/PATH]; nothing is sent unencrypted" ;;
	esac
}

# What stands behind the address: checked as it is added to $suffix.
read_behind_address() {
	local name path

	suffix=
	config_get path "$section" path
	if [ -n "$path" ] && [ "$1" != doh ]; then
		complain "$called.path" "is for protocol 'doh'"
	fi
	case $path in
	'') ;;
	*[!A-Za-z0-9./_~%{}?=-]*) complain "$called.path" "'$path' is not a path of an https URI" ;;
	/*) suffix=$path ;;
	*) complain "$called.path" "'$path' does not begin with /" ;;
	esac
	config_get name "$section" tls_auth_name
	if [ -z "$name" ] || is_host_name "$name"; then
		suffix=$suffix${name:+#$name}
	else
		complain "$called.tls_auth_name" "'$name' is not a host name"
	fi
}

read_resolver() {
	local section=$1 called url address port protocol suffix scheme

	section_called "$section"
	config_get url "$section" resolver_url
	config_get address "$section" address
	config_get port "$section" tls_port
	config_get protocol "$section" protocol
	if [ -n "$url" ]; then
		read_url "$url"
		config_get url "$section" spki
		[ -z "$url" ] || complain "$called.spki" "needs the server's address"
		return
	fi
	is_ip4 "$address" || is_ip6 "$address" || complain "$called.address" "'$address' is not an IP address"
	[ -z "$port" ] || is_number "$port" 1 65535 || complain "$called.tls_port" "'$port' is not a number from 1 to 65535"
	case $protocol in
	'') scheme= ;;
	dot) scheme=tls:// ;;
	doh) scheme=https:// ;;
	*) complain "$called.protocol" "'$protocol' is neither dot nor doh; without it both are tried, encrypted in any case" ;;
	esac
	read_behind_address "$protocol"
	if [ -z "$scheme$port" ]; then
		upstreams="${upstreams}DNS=$address$suffix$newline"
	else
		upstreams="${upstreams}DNS=$scheme$(with_port "$address" "$port")$suffix$newline"
	fi
	config_list_foreach "$section" spki read_spki
}

# Into variables: enabled manual conf_file policy ca_file log_list cache_size dnsmasq log user listen clients upstreams pins.
settings_values() {
	local level

	enabled='' manual='' policy='' cache_size='' dnsmasq='' user='' log_list='' ca_file='' conf_file=''
	listen='' clients='' upstreams='' pins='' resolvers=0
	bool_get enabled enabled 1
	bool_get manual manual 0
	config_get policy global ct_policy chrome
	is_one_of "$policy" "chrome apple two-logs" ||
		complain global.ct_policy "'$policy' is none of chrome, apple, two-logs"
	config_get cache_size global cache_size 1M
	is_number "${cache_size%[KM]}" 0 999999 || complain global.cache_size "'$cache_size' is not a number of bytes, with K or M"
	config_get level global log_level info
	case $level in
	info) log=1 ;;
	none) log=0 ;;
	*) complain global.log_level "'$level' is neither info nor none" ;;
	esac
	config_get user global user "$NAME"
	case $user in
	*[!A-Za-z0-9_-]* | -*) complain global.user "'$user' is not the name of a user" ;;
	*) grep -q "^$user:" /etc/passwd || complain global.user "there is no user '$user'" ;;
	esac
	config_get dnsmasq global dnsmasq_config_update '*'
	case $dnsmasq in
	'*' | -) ;;
	*[!A-Za-z0-9_\ ]*) complain global.dnsmasq_config_update "'$dnsmasq' is not '*', '-', or names of sections of /etc/config/dhcp" ;;
	*) dnsmasq_known "$dnsmasq" ;;
	esac
	path_get log_list log_list "/usr/share/$NAME/log_list.json"
	path_get ca_file ca_file /etc/ssl/certs/ca-certificates.crt
	[ "$manual" != 1 ] || path_get conf_file conf_file ''
	own_folder log_list "$log_list"
	[ -z "$conf_file" ] || own_folder conf_file "$conf_file"
	config_list_foreach global listen_address read_listen_address
	config_get level global listen_address
	[ -n "$level" ] || listen=127.0.0.1@5453
	config_list_foreach global allow_clients read_allow_clients
	config_foreach read_resolver resolver
}

# settings_read: fails, and has complained, if anything is not as it should be.
settings_read() {
	mistakes=0
	if [ ! -e "/etc/config/$NAME" ]; then
		complain "" "the file is missing"
	elif ! settings_names; then
		complain "" "it cannot be read; uci export $NAME says where"
	else
		settings_values
	fi
	[ $mistakes -eq 0 ]
}

# The configuration, from what settings_values found.
render() {
	local one

	echo "# Made of /etc/config/$NAME whenever the service starts: changes belong there."
	echo '[Resolve]'
	printf %s "$upstreams"
	echo 'DNSStubListener=no'
	for one in $listen; do
		echo "DNSStubListenerExtra=$(with_port "${one%@*}" "${one##*@}")"
	done
	echo "CacheSize=$cache_size"
	# dnsmasq has them all.
	echo 'ReadEtcHosts=no'
	echo '[CertificateTransparency]'
	echo "Policy=$policy"
	echo "LogList=$log_list"
	echo "TrustAnchors=$ca_file"
	printf %s "$pins"
	if [ -n "$clients" ]; then
		echo '[Protection]'
		echo "AllowClients=${clients# }"
	fi
	echo '[Control]'
	echo "Socket=/var/run/$NAME/control"
}

# A person's own file decides where it listens; dnsmasq must be sent there, and nowhere else.
manual_listens() {
	local one

	[ "$dnsmasq" = - ] && return
	for one in $listen; do
		one=$(with_port "${one%@*}" "${one##*@}")
		grep -Fqx "DNSStubListenerExtra=$one" "$conf_file" ||
			complain global.listen_address "$conf_file has no line DNSStubListenerExtra=$one, where dnsmasq would ask"
	done
}

# settings_accept: what UCI says becomes $RENDERED and $RENDERED.settings, or both stay as they are.
settings_accept() {
	local new=$RENDERED.new words one

	settings_read || return 1
	[ "$enabled" = 1 ] || return 0
	mkdir -p "${RENDERED%/*}"
	if [ "$manual" = 1 ]; then
		manual_listens
		[ $mistakes -eq 0 ] || return 1
		cat "$conf_file" >"$new"
	else
		render >"$new"
	fi
	chmod 644 "$new"
	if ! words=$("/usr/sbin/$NAME" --check -c "$new" 2>&1); then
		echo "$words" | while read -r one; do
			logger -s -t "$NAME" -p daemon.err "$one"
		done
		return 1
	fi
	cat >"$RENDERED.settings" <<-END
		user='$user' log='$log' listen='$listen' dnsmasq='$dnsmasq'
		log_list='$log_list' ca_file='$ca_file' conf_file='$conf_file'
	END
	mv "$new" "$RENDERED"
}
