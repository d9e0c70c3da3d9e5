# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# dnsmasq is sent to the daemon, and back. What was in /etc/config/dhcp is there again afterwards, to the byte.

ours=127.0.0.1#5453

# The file as the mocked uci would write it, to compare with.
as_uci_writes() {
	on /sbin/uci -q set dhcp.cfg010101.x=y
	on /sbin/uci -q delete dhcp.cfg010101.x
	on /sbin/uci -q commit dhcp
	cp "$device/root/etc/config/dhcp" "$device/before"
	rm -f "$device/root/tmp/events"
}

as_before() {
	is /etc/config/dhcp "$(cat "$device/before")" "$(cat "$device/root/etc/config/dhcp")"
}

test_dnsmasq_handed_over() {
	init start
	is server $ours "$(dhcp cfg010101.server)"
	is noresolv 1 "$(dhcp cfg010101.noresolv)"
	is "its own settings" /lan/ "$(dhcp cfg010101.local)"
	has /tmp/events 'dnsmasq restart'
	has /tmp/log 'dnsmasq now asks 127.0.0.1#5453'
	[ ! -e "$device/root/tmp/.uci/dhcp" ]
}

test_dnsmasq_restored_by_stop() {
	as_uci_writes
	init start
	init stop
	as_before
	is "restarts of dnsmasq" 2 "$(lines /tmp/events 'dnsmasq restart')"
}

test_dnsmasq_two_starts_in_a_row() {
	as_uci_writes
	init start
	init start
	is server $ours "$(dhcp cfg010101.server)"
	is "restarts of dnsmasq" 1 "$(lines /tmp/events 'dnsmasq restart')"
	is "writes to flash" 1 "$(lines /tmp/events 'uci commit dhcp')"
	init stop
	as_before
}

test_dnsmasq_two_stops_in_a_row() {
	as_uci_writes
	init start
	init stop
	init stop
	as_before
	is "writes to flash" 2 "$(lines /tmp/events 'uci commit dhcp')"
}

test_dnsmasq_stop_without_start() {
	as_uci_writes
	init stop
	as_before
	[ ! -e "$device/root/tmp/events" ]
}

test_dnsmasq_restart_never_gives_it_back() {
	init start
	init restart
	is server $ours "$(dhcp cfg010101.server)"
	is "restarts of dnsmasq" 1 "$(lines /tmp/events 'dnsmasq restart')"
	is "starts of the daemon" 2 "$(lines /tmp/events 'procd start')"
}

test_dnsmasq_servers_of_all_names_come_back() {
	with_dnsmasq "option noresolv '1'" "list server '9.9.9.9'" "list server '8.8.8.8#5353@wan'"
	as_uci_writes
	init start
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_servers_of_domains_stay() {
	with_dnsmasq "list server '/corp.example/10.0.0.1'" "list server '9.9.9.9'" "list server '/lan/'" "list server '//10.0.0.2'" \
		"list server '/a.example/b.example/10.0.0.3#54'" "list server '/plain.example/#'"
	as_uci_writes
	init start
	is server "/corp.example/10.0.0.1 /lan/ //10.0.0.2 /a.example/b.example/10.0.0.3#54 /plain.example/# $ours" \
		"$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_domain_that_is_all_names_does_not_stay() {
	with_dnsmasq "list server '/#/9.9.9.9'" "list server '/corp.example/#/9.9.9.9'"
	as_uci_writes
	init start
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_noresolv_0_comes_back() {
	with_dnsmasq "option noresolv '0'"
	as_uci_writes
	init start
	is noresolv 1 "$(dhcp cfg010101.noresolv)"
	init stop
	as_before
}

test_dnsmasq_server_as_option() {
	with_dnsmasq "option server '9.9.9.9'"
	init start
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	is server 9.9.9.9 "$(dhcp cfg010101.server)"
}

test_dnsmasq_entry_that_was_ours_before_us() {
	with_dnsmasq "option noresolv '1'" "list server '127.0.0.1#5453'"
	as_uci_writes
	init start
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_several_listeners() {
	with_global "list listen_address '127.0.0.1@5453'" "list listen_address '::1@5454'" "list listen_address '0.0.0.0@5455'" \
		"list allow_clients '192.168.1.0/24'"
	init start
	is server "127.0.0.1#5453 ::1#5454 127.0.0.1#5455" "$(dhcp cfg010101.server)"
}

test_dnsmasq_other_port_replaces_ours() {
	with_dnsmasq "list server '/corp.example/10.0.0.1'" "list server '9.9.9.9'"
	as_uci_writes
	init start
	with_global "list listen_address '127.0.0.1@5555'"
	init reload
	is server "/corp.example/10.0.0.1 127.0.0.1#5555" "$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_server_added_meanwhile_is_taken_over() {
	init start
	on /sbin/uci -q add_list dhcp.cfg010101.server=8.8.8.8
	on /sbin/uci -q commit dhcp
	init reload
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	is server 8.8.8.8 "$(dhcp cfg010101.server)"
}

test_dnsmasq_domains_changed_meanwhile_stay_so() {
	with_dnsmasq "list server '/old.example/10.0.0.1'" "list server '9.9.9.9'"
	init start
	on /sbin/uci -q delete dhcp.cfg010101.server
	on /sbin/uci -q add_list dhcp.cfg010101.server=127.0.0.1#5453
	on /sbin/uci -q add_list dhcp.cfg010101.server=/new.example/10.0.0.2
	on /sbin/uci -q commit dhcp
	init reload
	init stop
	is server "9.9.9.9 /new.example/10.0.0.2" "$(dhcp cfg010101.server)"
}

test_dnsmasq_noresolv_taken_out_meanwhile_is_put_back() {
	init start
	on /sbin/uci -q delete dhcp.cfg010101.noresolv
	on /sbin/uci -q commit dhcp
	init reload
	is noresolv 1 "$(dhcp cfg010101.noresolv)"
	init stop
	is noresolv nothing "$(dhcp cfg010101.noresolv)"
}

several_sections() {
	cat >"$device/root/etc/config/dhcp" <<-'END'
		config dnsmasq 'main'
			list server '9.9.9.9'

		config dhcp 'lan'
			option interface 'lan'

		config dnsmasq 'guest'
			option noresolv '1'
			list server '8.8.8.8'

		config dnsmasq

	END
	on /sbin/uci -q set dhcp.main.x=y
	on /sbin/uci -q delete dhcp.main.x
	on /sbin/uci -q commit dhcp
	cp "$device/root/etc/config/dhcp" "$device/before"
}

servers() {
	echo "$(dhcp main.server) $(dhcp guest.server) $(dhcp cfg040404.server)"
}

test_dnsmasq_all_sections() {
	several_sections
	init start
	is servers "$ours $ours $ours" "$(servers)"
	init stop
	as_before
}

test_dnsmasq_section_by_name() {
	several_sections
	with_global "option dnsmasq_config_update 'guest'"
	init start
	is servers "9.9.9.9 $ours nothing" "$(servers)"
	init stop
	as_before
}

test_dnsmasq_sections_by_number() {
	several_sections
	with_global "option dnsmasq_config_update '0 2'"
	init start
	is servers "$ours 8.8.8.8 $ours" "$(servers)"
	init stop
	as_before
}

test_dnsmasq_section_left_out_later_is_given_back() {
	several_sections
	init start
	with_global "option dnsmasq_config_update 'main'"
	init reload
	is servers "$ours 8.8.8.8 nothing" "$(servers)"
}

test_dnsmasq_no_section() {
	as_uci_writes
	with_global "option dnsmasq_config_update '-'"
	init start
	started
	as_before
	has_not /tmp/events dnsmasq
}

test_dnsmasq_none_later_gives_it_back() {
	as_uci_writes
	init start
	with_global "option dnsmasq_config_update '-'"
	init reload
	as_before
}

test_dnsmasq_unknown_section_is_refused() {
	with_global "option dnsmasq_config_update '0 nowhere'"
	refused "/etc/config/dhcp has no section 'nowhere' of the kind dnsmasq"
	with_global "option dnsmasq_config_update '1'"
	refused "/etc/config/dhcp has no section '1'"
	with_global "option dnsmasq_config_update '* lan'"
	refused "global.dnsmasq_config_update: '* lan'"
}

test_dnsmasq_that_is_not_installed() {
	rm "$device/root/etc/config/dhcp"
	init start
	started
	init stop
}

test_dnsmasq_that_is_disabled_is_not_started() {
	: >"$device/root/tmp/dnsmasq-is-disabled"
	init start
	is server $ours "$(dhcp cfg010101.server)"
	has_not /tmp/events 'dnsmasq restart'
}

test_dnsmasq_at_boot_starts_by_itself() {
	init boot
	is server $ours "$(dhcp cfg010101.server)"
	has_not /tmp/events 'dnsmasq restart'
}

test_dnsmasq_reboot_leaves_flash_alone() {
	init start
	cp "$device/root/etc/config/dhcp" "$device/before"
	init shutdown
	rm -rf "${device:?}"/root/tmp/* "$device/root/tmp/.uci"
	init boot
	as_before
	has_not /tmp/events 'uci commit'
	started
}

test_dnsmasq_bad_configuration_at_boot_opens_nothing() {
	init start
	init shutdown
	rm -rf "${device:?}"/root/tmp/*
	with_resolver "option address 'x'"
	init boot || true
	is server $ours "$(dhcp cfg010101.server)"
	[ ! -e "$device/root/tmp/procd/service" ]
	init stop
	is server nothing "$(dhcp cfg010101.server)"
}

test_dnsmasq_power_cut_before_the_commit() {
	as_uci_writes
	init start
	# What was staged is lost; what was kept is there.
	cp "$device/before" "$device/root/etc/config/dhcp"
	rm -rf "${device:?}"/root/tmp/* "$device/root/tmp/.uci"
	init boot
	is server $ours "$(dhcp cfg010101.server)"
	init stop
	as_before
}

test_dnsmasq_disabled_by_configuration() {
	as_uci_writes
	init start
	with_global "option enabled '0'"
	init reload
	as_before
	is "ends of the daemon" 1 "$(lines /tmp/events 'procd stop')"
	[ ! -e "$device/root/tmp/procd/service" ]
}

test_dnsmasq_disabled_at_boot() {
	as_uci_writes
	init enable
	init start
	init disable
	as_before
	fails init enabled
}
