# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC1090,SC3043 # what is sourced; ash has local
# The part of the real one that reads a configuration: the same functions, variables and callbacks. A file of UCI is shell.

reset_cb() {
	config_cb() { return 0; }
	option_cb() { return 0; }
	list_cb() { return 0; }
}
reset_cb

config_set() { eval "CONFIG_$1_$2=\$3"; }

config() {
	sections=$((sections + 1))
	CONFIG_SECTION=${2:-$(printf 'cfg%02x%04x' "$sections" $((sections * 257)))}
	CONFIG_SECTIONS="$CONFIG_SECTIONS $CONFIG_SECTION"
	config_set "$CONFIG_SECTION" TYPE "$1"
	config_cb "$1" "$CONFIG_SECTION"
}

option() {
	config_set "$CONFIG_SECTION" "$1" "$2"
	option_cb "$1" "$2"
}

list() {
	local length

	config_get length "$CONFIG_SECTION" "$1_LENGTH" 0
	length=$((length + 1))
	config_set "$CONFIG_SECTION" "$1_ITEM$length" "$2"
	config_set "$CONFIG_SECTION" "$1_LENGTH" "$length"
	eval "CONFIG_${CONFIG_SECTION}_$1=\"\${CONFIG_${CONFIG_SECTION}_$1:+\$CONFIG_${CONFIG_SECTION}_$1 }\$2\""
	list_cb "$1" "$2"
}

config_load() {
	CONFIG_SECTIONS=
	CONFIG_SECTION=
	sections=0
	sh -n "/etc/config/$1" 2>/dev/null || return 1
	. "/etc/config/$1"
	[ -z "$CONFIG_SECTION" ] || config_cb
}

config_get() { eval "$1=\${CONFIG_$2_$3:-\$4}"; }

config_foreach() {
	local section kind

	for section in $CONFIG_SECTIONS; do
		config_get kind "$section" TYPE
		[ "$kind" != "$2" ] || "$1" "$section"
	done
}

config_list_foreach() {
	local length item at=1

	config_get length "$1" "$2_LENGTH" 0
	while [ "$at" -le "$length" ]; do
		config_get item "$1" "$2_ITEM$at"
		"$3" "$item"
		at=$((at + 1))
	done
}
