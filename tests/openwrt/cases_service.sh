# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# What procd is told, and what happens when things go wrong.

kept=/etc/ctresolved/state

test_service_never_gives_up() {
	init start
	has /tmp/procd/service 'respawn 3600 5 0'
	has /tmp/procd/service "file $conf"
	has /tmp/procd/service 'stderr 1'
}

test_service_user() {
	init start
	has /tmp/procd/service 'user ctresolved'
	is "owner of the state" 6962 "$(stat -c %u "$device/root/var/lib/ctresolved")"
	is "who may look at it" 700 "$(stat -c %a "$device/root/var/lib/ctresolved")"
	is "owner of the folder of the socket" 6962 "$(stat -c %u "$device/root/var/run/ctresolved")"
}

test_service_other_user() {
	with_global "option user 'nobody'"
	init start
	has /tmp/procd/service 'user nobody'
	is "owner of the state" 65534 "$(stat -c %u "$device/root/var/lib/ctresolved")"
}

test_service_log_level_none() {
	with_global "option log_level 'none'"
	init start
	has /tmp/procd/service 'stderr 0'
}

test_service_without_ujail() {
	init start
	has_not /tmp/procd/service jail
	has_not /tmp/procd/service capabilities
}

test_service_in_a_jail() {
	printf '#!/bin/sh\n' >"$device/root/sbin/ujail"
	chmod 755 "$device/root/sbin/ujail"
	init start
	has /tmp/procd/service 'jail ctresolved log procfs ronly'
	has /tmp/procd/service 'mount /var/etc/ctresolved /usr/share/ctresolved /etc/ssl/certs/ca-certificates.crt'
	has /tmp/procd/service 'mount_rw /var/lib/ctresolved /var/run/ctresolved'
	has /tmp/procd/service 'capabilities /etc/capabilities/ctresolved.json'
	has /tmp/procd/service 'no_new_privs 1'
}

test_service_manual_configuration_in_a_jail() {
	printf '#!/bin/sh\n' >"$device/root/sbin/ujail"
	chmod 755 "$device/root/sbin/ujail"
	manual_conf 5453
	init start
	started
	has /tmp/procd/service 'mount /etc/mine'
}

test_service_has_one_capability() {
	python3 -c 'import json, sys
sets = json.load(open(sys.argv[1]))
assert set(sets) == {"bounding", "effective", "ambient", "permitted", "inheritable"}
assert all(caps == ["CAP_NET_BIND_SERVICE"] for caps in sets.values())' "$device/root/etc/capabilities/ctresolved.json"
}

test_service_triggers() {
	init start
	has /tmp/procd/triggers 'interface 2000 interface.*.up wan /etc/init.d/ctresolved reload'
	has /tmp/procd/triggers 'reload ctresolved dhcp'
}

test_service_other_triggers() {
	with_global "option trigger 'wan wwan'" "option triggerdelay '5'"
	init start
	has /tmp/procd/triggers 'interface 5000 interface.*.up wan /etc'
	has /tmp/procd/triggers 'interface 5000 interface.*.up wwan /etc'
}

test_service_triggers_although_refused() {
	rm "$device/root/usr/share/ctresolved/log_list.json"
	init start || true
	has /tmp/procd/triggers 'wan /etc/init.d/ctresolved reload'
	# The list comes, and then the network.
	cp "$device/built/usr/share/ctresolved/log_list.json" "$device/root/usr/share/ctresolved/"
	init reload
	started
	is server 127.0.0.1#5453 "$(dhcp cfg010101.server)"
}

test_service_reload_of_the_same_does_nothing() {
	init start
	rm "$device/root/tmp/events"
	init reload
	[ ! -e "$device/root/tmp/events" ]
}

test_service_reload_of_a_change() {
	init start
	with_resolver "option address '9.9.9.9'"
	init reload
	renders 'DNS=9.9.9.9'
	is "restarts of the daemon" 1 "$(lines /tmp/events 'procd restart')"
}

# What was good before goes on, by whichever verb somebody tries.
test_service_bad_change_changes_nothing() {
	init start
	rendered >"$device/before"
	cp "$device/root/tmp/procd/service" "$device/service"
	with_global "option ct_policy 'none'" "option user 'nobody'" "list listen_address '127.0.0.1@9999'"
	for verb in reload start restart; do
		init $verb
		is configuration "$(cat "$device/before")" "$(rendered)"
		is service "$(cat "$device/service")" "$(cat "$device/root/tmp/procd/service")"
		is server 127.0.0.1#5453 "$(dhcp cfg010101.server)"
	done
	has /tmp/log "'none' is none of chrome"
	has /tmp/log 'going on with the configuration as it was before'
	init stop
	is server nothing "$(dhcp cfg010101.server)"
	refused "'none' is none of chrome"
}

test_service_upgrade_keeps_dnsmasq_and_what_was_good() {
	init start
	on /bin/sh -c 'PKG_UPGRADE=1 /etc/init.d/ctresolved stop'
	is server 127.0.0.1#5453 "$(dhcp cfg010101.server)"
	is "ends of the daemon" 1 "$(lines /tmp/events 'procd stop')"
	init start
	started
}

test_service_removal_leaves_nothing() {
	cp "$device/root/etc/config/dhcp" "$device/before"
	init enable
	init start
	init disable
	init stop
	is server nothing "$(dhcp cfg010101.server)"
	is noresolv nothing "$(dhcp cfg010101.noresolv)"
	has_not /etc/config/dhcp ctresolved
	[ ! -e "$device/root/tmp/procd/service" ]
	is "links of boot" "" "$(ls "$device/root/etc/rc.d")"
}

test_service_is_enabled_in_an_image() {
	mkdir -p "$device/image/etc/init.d" "$device/image/usr/lib" "$device/image/lib"
	cp "$device/root/etc/init.d/ctresolved" "$device/image/etc/init.d/"
	cp "$device/root/etc/rc.common" "$device/image/etc/"
	cp -R "$device/root/usr/lib/ctresolved" "$device/image/usr/lib/"
	cp -R "$here/device/lib/." "$device/image/lib/"
	IPKG_INSTROOT=$device/image sh "$device/image/etc/rc.common" "$device/image/etc/init.d/ctresolved" enable
	[ -L "$device/image/etc/rc.d/S18ctresolved" ]
	[ -L "$device/image/etc/rc.d/K10ctresolved" ]
	rm -rf "$device/image"
}

# The daemon itself, as procd would run it.

test_daemon_runs_as_its_user() {
	init start
	run_daemon
	on /usr/bin/ctresolvectl status >"$device/status" || true
	grep -q 1.1.1.1 "$device/status" || {
		cat "$device/status" "$device/daemon.log"
		return 1
	}
	fails grep -q 'event=evidence\|denied' "$device/daemon.log"
}

test_daemon_killed_then_stop() {
	as_uci_writes
	init start
	run_daemon
	end_daemon
	# procd starts it again; until then nobody is asked in its place.
	is server 127.0.0.1#5453 "$(dhcp cfg010101.server)"
	run_daemon
	end_daemon
	init stop
	as_before
}

test_daemon_started_and_stopped_by_the_script() {
	: >"$device/root/tmp/real"
	init start
	pid=$(cat "$device/root/tmp/procd/pid")
	for _ in $(seq 600); do
		! grep -q event=ready "$device/root/tmp/daemon.log" || break
		sleep 0.1
	done
	has /tmp/daemon.log event=ready
	init stop
	for _ in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	has /tmp/daemon.log event=stopped
}

# What is kept.

learnt() {
	echo "{\"when\":$1}" >"$device/root/var/lib/ctresolved/evidence.json"
	: >"$device/root/var/lib/ctresolved/clock"
}

test_state_is_kept_and_comes_back() {
	init start
	learnt 1
	touch -d @1790000000 "$device/root/var/lib/ctresolved/clock"
	init shutdown
	rm -rf "${device:?}"/root/tmp/*
	init boot
	is evidence '{"when":1}' "$(cat "$device/root/var/lib/ctresolved/evidence.json")"
	is clock 1790000000 "$(stat -c %Y "$device/root/var/lib/ctresolved/clock")"
	is owner 6962 "$(stat -c %u "$device/root/var/lib/ctresolved/evidence.json")"
	is "owner of what is kept" 0 "$(stat -c %u "$device/root$kept/evidence.json")"
	is "who may look at it" 700 "$(stat -c %a "$device/root$kept")"
}

test_state_of_a_service_that_runs_is_left_alone() {
	init start
	learnt 1
	init save_state
	learnt 2
	init start
	is evidence '{"when":2}' "$(cat "$device/root/var/lib/ctresolved/evidence.json")"
}

test_state_is_kept_once_a_day() {
	init start
	learnt 1
	init save_state
	is first '{"when":1}' "$(cat "$device/root$kept/evidence.json")"
	learnt 2
	init save_state
	is "the same day" '{"when":1}' "$(cat "$device/root$kept/evidence.json")"
	touch -d '25 hours ago' "$device/root$kept/last"
	init save_state
	is "the next day" '{"when":2}' "$(cat "$device/root$kept/evidence.json")"
}

test_state_is_kept_after_a_clock_that_was_ahead() {
	init start
	learnt 1
	init save_state
	touch -d '10 years' "$device/root$kept/last"
	learnt 2
	init save_state
	is evidence '{"when":2}' "$(cat "$device/root$kept/evidence.json")"
}

test_state_that_is_the_same_is_not_written() {
	init start
	learnt 1
	init save_state
	touch -d '2 days ago' "$device/root$kept/last" "$device/root$kept/evidence.json"
	before=$(stat -c %Y "$device/root$kept/evidence.json")
	init save_state
	is "time of writing" "$before" "$(stat -c %Y "$device/root$kept/evidence.json")"
}

test_state_clock_is_worth_a_write_a_week() {
	init start
	learnt 1
	init save_state
	touch -d '6 days ago' "$device/root$kept/clock"
	touch -d '2 days ago' "$device/root$kept/last"
	before=$(stat -c %Y "$device/root$kept/clock")
	init save_state
	is "after six days" "$before" "$(stat -c %Y "$device/root$kept/clock")"
	touch -d '8 days ago' "$device/root$kept/clock"
	init save_state
	[ "$(stat -c %Y "$device/root$kept/clock")" -gt "$before" ]
}

test_state_nothing_learnt_writes_nothing() {
	init start
	init save_state
	init shutdown
	[ ! -e "$device/root$kept" ]
}

test_state_link_is_not_followed() {
	init start
	echo '{"secret": 1}' >"$device/root/etc/secret"
	ln -s /etc/secret "$device/root/var/lib/ctresolved/evidence.json"
	init save_state
	[ ! -e "$device/root$kept/evidence.json" ]
	[ ! -e "$device/root$kept/evidence.json.new" ]
	rm "$device/root/var/lib/ctresolved/evidence.json"
	echo 'root:secret' >"$device/root/var/lib/ctresolved/evidence.json"
	init save_state
	[ ! -e "$device/root$kept/evidence.json" ]
}

test_state_start_changes_no_owner_behind_a_link() {
	init start
	ln -s /etc/passwd "$device/root/var/lib/ctresolved/evidence.json"
	init start
	is "owner of /etc/passwd" 0 "$(stat -c %u "$device/root/etc/passwd")"
}

test_hotplug_ntp() {
	init enable
	init start
	learnt 1
	for action in unsync periodic; do
		[ ! -e "$device/root$kept/evidence.json" ]
		on /bin/sh -c "ACTION=$action; . /etc/hotplug.d/ntp/30-ctresolved" || true
	done
	[ -e "$device/root$kept/evidence.json" ]
}

test_hotplug_ntp_when_disabled() {
	init start
	learnt 1
	on /bin/sh -c "ACTION=periodic; . /etc/hotplug.d/ntp/30-ctresolved" || true
	[ ! -e "$device/root$kept" ]
}
