# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
# What /etc/config/ctresolved becomes.

test_default_configuration_starts() {
	init start
	started
	renders 'DNS=1.1.1.1#cloudflare-dns.com'
	renders 'DNS=2606:4700:4700::1111#cloudflare-dns.com'
	renders 'DNSStubListener=no'
	renders 'DNSStubListenerExtra=127.0.0.1:5453'
	renders 'CacheSize=1M'
	renders 'Policy=chrome'
	renders 'LogList=/usr/share/ctresolved/log_list.json'
	renders 'TrustAnchors=/etc/ssl/certs/ca-certificates.crt'
	renders 'Socket=/var/run/ctresolved/control'
}

test_default_configuration_needs_no_options() {
	echo "config ctresolved 'global'" | configure
	init start
	started
	renders 'DNSStubListenerExtra=127.0.0.1:5453'
	is "servers" 0 "$(rendered | grep -c '^DNS=')"
}

test_rendering_twice_is_the_same() {
	init start
	rendered >"$device/first"
	init start
	is "second rendering" "$(cat "$device/first")" "$(rendered)"
}

test_bare_address_is_tried_both_ways() {
	with_resolver "option address '9.9.9.9'" "option tls_auth_name 'dns.quad9.net'"
	init start
	started
	renders 'DNS=9.9.9.9#dns.quad9.net'
}

test_dot() {
	with_resolver "option address '9.9.9.9'" "option protocol 'dot'" "option tls_auth_name 'dns.quad9.net'"
	init start
	started
	renders 'DNS=tls://9.9.9.9#dns.quad9.net'
}

test_dot_with_port() {
	with_resolver "option address '9.9.9.9'" "option protocol 'dot'" "option tls_port '8853'"
	init start
	started
	renders 'DNS=tls://9.9.9.9:8853'
}

test_port_without_protocol() {
	with_resolver "option address '9.9.9.9'" "option tls_port '8853'"
	init start
	started
	renders 'DNS=9.9.9.9:8853'
}

test_ip6() {
	with_resolver "option address '2620:fe::fe'" "option tls_auth_name 'dns.quad9.net'"
	init start
	started
	renders 'DNS=2620:fe::fe#dns.quad9.net'
}

test_ip6_dot_with_port() {
	with_resolver "option address '2620:fe::fe'" "option protocol 'dot'" "option tls_port '853'"
	init start
	started
	renders 'DNS=tls://[2620:fe::fe]:853'
}

test_ip6_doh() {
	with_resolver "option address '2620:fe::fe'" "option protocol 'doh'" "option path '/dns-query'" \
		"option tls_auth_name 'dns.quad9.net'"
	init start
	started
	renders 'DNS=https://[2620:fe::fe]/dns-query#dns.quad9.net'
}

test_doh_without_path() {
	with_resolver "option address '1.1.1.1'" "option protocol 'doh'"
	init start
	started
	renders 'DNS=https://1.1.1.1'
}

test_doh_by_get() {
	with_resolver "option address '1.1.1.1'" "option protocol 'doh'" "option path '/dns-query{?dns}'" "option tls_port '8443'"
	init start
	started
	renders 'DNS=https://1.1.1.1:8443/dns-query{?dns}'
}

test_doh_by_url() {
	with_resolver "option resolver_url 'https://dns.google/dns-query'"
	init start
	started
	renders 'DNS=https://dns.google/dns-query'
}

test_two_upstreams_in_order() {
	printf '%s\n' "config ctresolved 'global'" "config resolver" "option address '9.9.9.9'" "config resolver 'other'" \
		"option address '1.1.1.1'" "option protocol 'doh'" | configure
	init start
	started
	is order "DNS=9.9.9.9
DNS=https://1.1.1.1" "$(rendered | grep '^DNS=')"
}

test_spki_of_stubby() {
	with_resolver "option address '1.1.1.1'" "list spki 'sha256/yioEpqeR4WtDwE9YxNVnCEkTxIjx6EEIwFSQW+lJsbc='"
	init start
	started
	hex=$(python3 -c 'import base64; print(base64.b64decode("yioEpqeR4WtDwE9YxNVnCEkTxIjx6EEIwFSQW+lJsbc=").hex())')
	renders "PinPublicKey=1.1.1.1 sha256:$hex"
}

test_spki_several() {
	with_resolver "option address '2620:fe::fe'" "list spki 'sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'" \
		"list spki 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"
	init start
	started
	is pins 2 "$(rendered | grep -c '^PinPublicKey=2620:fe::fe sha256:[0-9a-f]\{64\}$')"
}

test_listen_several() {
	with_global "list listen_address '127.0.0.1@5453'" "list listen_address '0::1@5453'"
	init start
	started
	renders 'DNSStubListenerExtra=127.0.0.1:5453'
	renders 'DNSStubListenerExtra=[0::1]:5453'
}

test_listen_without_port() {
	with_global "list listen_address '127.0.0.2'"
	init start
	started
	renders 'DNSStubListenerExtra=127.0.0.2:5453'
}

test_listen_on_the_network_with_clients() {
	with_global "list listen_address '192.168.1.1@5453'" "list allow_clients '192.168.1.0/24'" "list allow_clients 'fd00::/8'"
	init start
	started
	renders 'AllowClients=192.168.1.0/24 fd00::/8'
}

test_listen_on_port_53_without_dnsmasq() {
	with_global "list listen_address '127.0.0.1@53'" "option dnsmasq_config_update '-'"
	init start
	started
	renders 'DNSStubListenerExtra=127.0.0.1:53'
}

test_policies() {
	for policy in chrome apple two-logs; do
		with_global "option ct_policy '$policy'"
		init start
		started
		renders "Policy=$policy"
	done
}

test_cache_size() {
	with_global "option cache_size '512K'"
	init start
	started
	renders 'CacheSize=512K'
}

test_other_list_and_anchors() {
	mkdir -p "$device/root/etc/lists"
	cp "$device/root/usr/share/ctresolved/log_list.json" "$device/root/etc/lists/mine.json"
	cp "$device/root/etc/ssl/certs/ca-certificates.crt" "$device/root/etc/lists/ca.pem"
	with_global "option log_list '/etc/lists/mine.json'" "option ca_file '/etc/lists/ca.pem'"
	init start
	started
	renders 'LogList=/etc/lists/mine.json'
	renders 'TrustAnchors=/etc/lists/ca.pem'
}

test_ctl_finds_the_configuration() {
	init start
	is "what its default leads to" "$(rendered)" "$(on /bin/cat /etc/ctresolved/ctresolved.conf)"
}

manual_conf() {
	mkdir -p "$device/root/etc/mine"
	printf '%s\n' '[Resolve]' 'DNS=9.9.9.9' 'DNSStubListener=no' "DNSStubListenerExtra=127.0.0.1:$1" \
		'# as is' '[CertificateTransparency]' 'LogList=/usr/share/ctresolved/log_list.json' >"$device/root/etc/mine/my.conf"
	with_global "option manual '1'" "option conf_file '/etc/mine/my.conf'"
}

test_manual() {
	manual_conf 5453
	init start
	started
	is "the file" "$(cat "$device/root/etc/mine/my.conf")" "$(rendered)"
	is "servers of dnsmasq" "127.0.0.1#5453" "$(dhcp cfg010101.server)"
}

test_manual_that_listens_elsewhere_is_refused() {
	manual_conf 5454
	refused "/etc/mine/my.conf has no line DNSStubListenerExtra=127.0.0.1:5453"
}

test_manual_with_mistakes_is_refused() {
	manual_conf 5453
	echo 'Nonsense=1' >>"$device/root/etc/mine/my.conf"
	refused 'ctresolved.conf.new:8: Nonsense'
}

test_manual_without_file_is_refused() {
	with_global "option manual '1'"
	refused "global.conf_file: '' is not an absolute path"
}

# And what is refused, with which words.

test_unknown_option_is_refused() {
	with_resolver "option address '1.1.1.1'" "option tls_auth_nmae 'cloudflare-dns.com'"
	refused '@resolver[0].tls_auth_nmae: there is no such option'
}

test_unknown_global_option_is_refused() {
	with_global "option round_robin_upstreams '1'"
	refused 'global.round_robin_upstreams: there is no such option'
}

test_unknown_section_is_refused() {
	{
		cat "$device/root/etc/config/ctresolved"
		echo "config upstream"
	} >"$device/config"
	configure <"$device/config"
	refused "there is no kind of section 'upstream'"
}

test_unnamed_global_section_is_refused() {
	printf "config ctresolved\n\toption ct_policy 'apple'\n" | configure
	refused "is named 'global'"
}

test_option_for_list_is_refused() {
	with_global "option listen_address '127.0.0.1@5454'"
	refused "global.listen_address: may have several values: 'list listen_address'"
}

test_list_for_option_is_refused() {
	with_global "list ct_policy 'chrome'"
	refused "global.ct_policy: has one value: 'option ct_policy'"
}

test_broken_file_is_refused() {
	printf "config ctresolved 'global\n" | configure
	refused 'uci export ctresolved says where'
}

test_missing_file_is_refused() {
	rm "$device/root/etc/config/ctresolved"
	refused 'the file is missing'
}

test_bad_addresses_are_refused() {
	for address in 1.1.1 1.1.1.256 1.1.1.1.1 01.1.1.1 cloudflare-dns.com '1.1.1.1 8.8.8.8' '1.1.1.1#x' ':::' 'plain://1.1.1.1' ''; do
		with_resolver "option address '$address'" "option protocol 'dot'"
		refused "@resolver[0].address: '$address' is not an IP address"
	done
}

test_address_that_only_the_daemon_knows_to_be_bad_is_refused() {
	with_resolver "option address '1::2::3'"
	refused 'ctresolved.conf.new:3: DNS: 1::2::3'
}

test_no_line_can_be_smuggled_in() {
	with_resolver "option address '1.1.1.1'" "option tls_auth_name 'a.example
DNS=plain://6.6.6.6'"
	refused '@resolver[0].tls_auth_name'
	with_resolver "option address '1.1.1.1
6.6.6.6'"
	refused '@resolver[0].address'
	with_global "option user 'root
x'"
	refused 'global.user'
	with_global "option cache_size '1M
[Route]'"
	refused 'global.cache_size'
	with_global "option log_list '/etc/passwd
DNS=6.6.6.6'"
	refused 'global.log_list'
}

test_bad_ports_are_refused() {
	for port in 0 65536 853x -1 '' ' 853' 0853; do
		[ -n "$port" ] || continue
		with_resolver "option address '1.1.1.1'" "option tls_port '$port'"
		refused "@resolver[0].tls_port: '$port' is not a number from 1 to 65535"
	done
}

test_bad_protocol_is_refused() {
	for protocol in plain udp tls DoT doq; do
		with_resolver "option address '1.1.1.1'" "option protocol '$protocol'"
		refused "@resolver[0].protocol: '$protocol' is neither dot nor doh"
	done
}

test_bad_names_are_refused() {
	for name in 'a b' 'a#b' -a.example a..example 1.1.1.1 'a/b' a.example-; do
		with_resolver "option address '1.1.1.1'" "option tls_auth_name '$name'"
		refused "@resolver[0].tls_auth_name: '$name' is not a host name"
	done
}

test_path_without_doh_is_refused() {
	with_resolver "option address '1.1.1.1'" "option path '/dns-query'"
	refused "@resolver[0].path: is for protocol 'doh'"
}

test_bad_paths_are_refused() {
	for path in dns-query '/a b' '/a#b' '/"'; do
		with_resolver "option address '1.1.1.1'" "option protocol 'doh'" "option path '$path'"
		refused "@resolver[0].path: '$path'"
	done
}

test_bad_urls_are_refused() {
	for url in http://dns.google/dns-query udp://1.1.1.1 dns.google 'https://dns.google/a b' 'https://a.example/#b'; do
		with_resolver "option resolver_url '$url'"
		refused "@resolver[0].resolver_url: '$url' is not https://NAME[:PORT][/PATH]"
	done
}

test_url_beside_address_is_refused() {
	with_resolver "option resolver_url 'https://dns.google/dns-query'" "option address '8.8.8.8'"
	refused '@resolver[0].resolver_url: stands for itself'
}

test_bad_spki_is_refused() {
	for spki in sha1/AAAA sha256/AAAA= sha256:00 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA*=' \
		sha256:zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff; do
		with_resolver "option address '1.1.1.1'" "list spki '$spki'"
		refused "@resolver[0].spki: '$spki' is not sha256/BASE64 or sha256:HEX of 32 bytes"
	done
}

test_bad_listen_addresses_are_refused() {
	for listen in localhost@5453 127.0.0.1@ 127.0.0.1@0 127.0.0.1@65536 '127.0.0.1@53 53' br-lan; do
		with_global "list listen_address '$listen'"
		refused "global.listen_address: '$listen'"
	done
}

test_listen_on_port_of_dnsmasq_is_refused() {
	with_global "list listen_address '127.0.0.1@53'"
	refused "port 53 is dnsmasq's own"
}

test_listen_for_everybody_is_refused() {
	with_global "list listen_address '192.168.1.1@5453'"
	refused 'DNSStubListenerExtra: it listens to other machines'
}

test_bad_clients_are_refused() {
	for client in lan 192.168.1.0/ 192.168.1.0/x 192.168.1.0/129; do
		with_global "list allow_clients '$client'"
		refused "global.allow_clients: '$client' is not ADDRESS or ADDRESS/BITS"
	done
}

test_bad_words_are_refused() {
	with_global "option ct_policy 'none'"
	refused "global.ct_policy: 'none' is none of chrome, apple, two-logs"
	with_global "option log_level '7'"
	refused "global.log_level: '7' is neither info nor none"
	with_global "option enabled 'maybe'"
	refused "global.enabled: 'maybe' is neither 1 nor 0"
	with_global "option cache_size 'big'"
	refused "global.cache_size: 'big'"
}

test_unknown_user_is_refused() {
	with_global "option user 'nobodyknows'"
	refused "global.user: there is no user 'nobodyknows'"
}

test_missing_list_is_refused() {
	rm "$device/root/usr/share/ctresolved/log_list.json"
	refused 'global.log_list: /usr/share/ctresolved/log_list.json: there is no such file'
}

test_broken_list_is_refused() {
	echo '{' >"$device/root/usr/share/ctresolved/log_list.json"
	refused '/usr/share/ctresolved/log_list.json'
}

test_bad_files_are_refused() {
	with_global "option log_list '/etc/log_list.json'" "option manual '1'" "option conf_file '/tmp/my.conf'"
	cp "$device/root/usr/share/ctresolved/log_list.json" "$device/root/etc/log_list.json"
	: >"$device/root/tmp/my.conf"
	refused 'global.log_list: /etc/log_list.json: it needs a folder of its own'
	has /tmp/log 'global.conf_file: /tmp/my.conf: it needs a folder of its own'
	with_global "option ca_file 'system'"
	refused "global.ca_file: 'system' is not an absolute path"
	with_global "option ca_file '/etc/../etc/passwd'"
	refused "global.ca_file: '/etc/../etc/passwd' is not an absolute path"
}

test_every_mistake_is_told_at_once() {
	with_resolver "option address 'x'" "option protocol 'y'" "option tls_port 'z'"
	refused '@resolver[0].address'
	has /tmp/log '@resolver[0].protocol'
	has /tmp/log '@resolver[0].tls_port'
}
