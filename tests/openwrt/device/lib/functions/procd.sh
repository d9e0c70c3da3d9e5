# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC3043 # ash has local
# What procd is told is in /tmp/procd/service, what it does about it in /tmp/events. With /tmp/real it runs the command.

procd_open_service() {
	mkdir -p /tmp/procd
	echo "service $1 $2" >/tmp/procd/new
	procd_instance=
}
procd_open_instance() {
	procd_instance=yes
	procd_command=
}
procd_close_instance() { :; }
procd_set_param() {
	echo "$*" >>/tmp/procd/new
	case $1 in
	command)
		shift
		procd_command=$*
		;;
	file) md5sum "$2" >>/tmp/procd/new ;;
	esac
}
procd_add_jail() { echo "jail $*" >>/tmp/procd/new; }
procd_add_jail_mount() { echo "mount $*" >>/tmp/procd/new; }
procd_add_jail_mount_rw() { echo "mount_rw $*" >>/tmp/procd/new; }
procd_add_interface_trigger() { echo "interface $PROCD_RELOAD_DELAY $*" >>/tmp/procd/triggers; }
procd_add_reload_trigger() { echo "reload $*" >>/tmp/procd/triggers; }

procd_run() {
	echo "procd $1" >>/tmp/events
	[ ! -e /tmp/procd/pid ] || kill "$(cat /tmp/procd/pid)" 2>/dev/null
	rm -f /tmp/procd/pid
	if [ "$1" != stop ] && [ -e /tmp/real ]; then
		$procd_command </dev/null >/dev/null 2>>/tmp/daemon.log &
		echo $! >/tmp/procd/pid
	fi
}

# A service without an instance is one that stops.
procd_close_service() {
	: >/tmp/procd/triggers
	service_triggers
	if [ -z "$procd_instance" ]; then
		[ ! -e /tmp/procd/service ] || procd_run stop
		rm -f /tmp/procd/service
	elif [ ! -e /tmp/procd/service ]; then
		mv /tmp/procd/new /tmp/procd/service
		procd_run start
	elif ! cmp -s /tmp/procd/new /tmp/procd/service; then
		mv /tmp/procd/new /tmp/procd/service
		procd_run restart
	fi
}

procd_kill() {
	[ ! -e /tmp/procd/service ] || procd_run stop
	rm -f /tmp/procd/service
}
