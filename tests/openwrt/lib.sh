# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # $device is run's
# What cases are written with. All paths are the device's.

# on COMMAND…: there.
on() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$device/root" "$@"
}

init() {
	on /etc/init.d/ctresolved "$@"
}

# The configuration of the case, on stdin.
configure() {
	cat >"$device/root/etc/config/ctresolved"
}

# with_global LINE…: that, in the section 'global', and 1.1.1.1 as server.
with_global() {
	{
		echo "config ctresolved 'global'"
		for line in "$@"; do
			echo "	$line"
		done
		echo "config resolver"
		echo "	option address '1.1.1.1'"
	} | configure
}

# with_resolver LINE…: one server.
with_resolver() {
	{
		echo "config ctresolved 'global'"
		echo "config resolver"
		for line in "$@"; do
			echo "	$line"
		done
	} | configure
}

# with_dnsmasq LINE…: one section of dnsmasq, without a name.
with_dnsmasq() {
	{
		echo "config dnsmasq"
		for line in "$@"; do
			echo "	$line"
		done
	} >"$device/root/etc/config/dhcp"
}

dhcp() {
	on /sbin/uci -q get "dhcp.$1" || echo nothing
}

# is WHAT EXPECTED ACTUAL
is() {
	if [ "$2" != "$3" ]; then
		printf '%s: expected\n%s\nbut got\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

# fails COMMAND…: it must. A ! before it would be no more than a remark to set -e.
fails() {
	if "$@"; then
		echo "did not fail: $*"
		return 1
	fi
}

# has FILE TEXT: a line of which that is a part.
has() {
	if ! grep -Fq -- "$2" "$device/root$1"; then
		echo "$1 does not have: $2"
		cat "$device/root$1"
		return 1
	fi
}

has_not() {
	if grep -Fq -- "$2" "$device/root$1" 2>/dev/null; then
		echo "$1 has: $2"
		cat "$device/root$1"
		return 1
	fi
}

# lines FILE LINE: how often it stands there, alone.
lines() {
	grep -Fxc -- "$2" "$device/root$1" 2>/dev/null || true
}

conf=/var/etc/ctresolved/ctresolved.conf
rendered() {
	cat "$device/root$conf"
}

renders() {
	if ! rendered | grep -Fqx -- "$1"; then
		echo "there is no line: $1"
		rendered
		return 1
	fi
}

# started: there is an instance, and the daemon itself finds nothing wrong with what it was given.
started() {
	has /tmp/procd/service "command /usr/sbin/ctresolved -c $conf"
	on /usr/sbin/ctresolved --check -c $conf
}

# refused WORDS: it was not started, and that is why.
refused() {
	init start || true
	has /tmp/log "$1"
	has /tmp/log "not started: the configuration is not good"
	[ ! -e "$device/root/tmp/procd/service" ] || return 1
	is "servers of dnsmasq" nothing "$(dhcp cfg010101.server)"
}

# run_daemon: as procd would, as its user, and waits until it listens.
run_daemon() {
	chroot --userspec=6962:6962 "$device/root" /usr/sbin/ctresolved -c $conf </dev/null >/dev/null 2>"$device/daemon.log" &
	echo $! >"$device/daemon"
	for _ in $(seq 600); do
		! grep -q event=ready "$device/daemon.log" || return 0
		kill -0 "$(cat "$device/daemon")" 2>/dev/null || break
		sleep 0.1
	done
	cat "$device/daemon.log"
	return 1
}

# end_daemon: kills that of the case, if it has one, or the mocked procd has, and waits until it is gone.
end_daemon() {
	for file in "$device/daemon" "$device/root/tmp/procd/pid"; do
		if [ -e "$file" ]; then
			kill -KILL "$(cat "$file")" 2>/dev/null || true
			wait "$(cat "$file")" 2>/dev/null || true
			rm -f "$file"
		fi
	done
}
