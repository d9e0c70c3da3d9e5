# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC3043 # busybox ash has local
#
# What ctresolved keeps on disk lies in memory, /var/lib, and is copied to flash when it has changed, once a day at the most.
# Sourced after settings.sh.

STATE=/var/lib/ctresolved
KEPT=/etc/ctresolved/state
DAY=86400
WEEK=604800

# state_restore USER: the folder of state, for that user, with what was kept if it is new.
state_restore() {
	local file

	mkdir -p "${STATE%/*}"
	if mkdir "$STATE" 2>/dev/null; then
		for file in evidence.json clock; do
			[ ! -f "$KEPT/$file" ] || cp -p "$KEPT/$file" "$STATE/$file"
		done
	fi
	chmod 700 "$STATE"
	# Never what a link leads to: the folder is not root's.
	chown -h "$1:" "$STATE"
	for file in evidence.json clock; do
		[ ! -e "$STATE/$file" ] || chown -h "$1:" "$STATE/$file"
	done
}

# state_copy FILE: a copy of it in $KEPT/FILE.new, if it is there, and what it should be. Who runs as the daemon's user may have put
# anything there, a link to a file that only root may read as well.
state_copy() {
	local line

	[ -f "$STATE/$1" ] && [ ! -L "$STATE/$1" ] || return 1
	mkdir -p "$KEPT"
	chmod 700 "${KEPT%/*}" "$KEPT"
	cp -pP "$STATE/$1" "$KEPT/$1.new" || return 1
	if [ -f "$KEPT/$1.new" ] && [ ! -L "$KEPT/$1.new" ]; then
		line=
		read -r line <"$KEPT/$1.new"
		case $1:$line in
		clock: | evidence.json:'{'*) return 0 ;;
		esac
	fi
	rm -f "$KEPT/$1.new"
	return 1
}

# seconds_of FILE: when it was last changed, or 0.
seconds_of() {
	date -r "$1" +%s 2>/dev/null || echo 0
}

# state_is_due: a day or more lies between now and the last copy, either way: clocks go wrong both ways.
state_is_due() {
	local apart=$(($(date +%s) - $(seconds_of "$KEPT/last")))

	[ $apart -ge $DAY ] || [ $apart -le -$DAY ]
}

# Whether one of the two is worth a write: another verdict, or a clock that is a week on.
state_has_changed() {
	if [ -s "$STATE/evidence.json" ] && ! cmp -s "$STATE/evidence.json" "$KEPT/evidence.json"; then
		return 0
	fi
	[ -e "$STATE/clock" ] && [ $(($(seconds_of "$STATE/clock") - $(seconds_of "$KEPT/clock"))) -ge $WEEK ]
}

state_save() {
	local file

	state_has_changed && state_is_due || return 0
	for file in evidence.json clock; do
		if state_copy "$file"; then
			chown root: "$KEPT/$file.new"
			mv "$KEPT/$file.new" "$KEPT/$file"
		fi
	done
	[ ! -d "$KEPT" ] || : >"$KEPT/last"
}
