#!/bin/sh
# SPDX-License-Identifier: MIT
# The project's log list is as its script makes them; and the script does see when one is not.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make=packaging/loglist/make-log-list

"$make" --check conf/log_list.json

# refused WORDS SED-SCRIPT: what the script makes of the list is refused with these words.
refused() {
	sed "$2" conf/log_list.json >"$work/list.json"
	if "$make" --check "$work/list.json" 2>"$work/words"; then
		echo "not seen: $1"
		exit 1
	fi
	grep -q "$1" "$work/words" || {
		cat "$work/words"
		exit 1
	}
}

refused "not the SHA-256 of the key" '0,/"key": "MFkw/s//"key": "MFkx/'
refused "unknown state" '0,/"usable"/s//"useful"/'
refused "ends before it begins" '0,/"end_exclusive": "20/s//"end_exclusive": "19/'
refused "no url" '0,/"url": "https/s//"url": "http/'
refused "KeyError" '0,/"log_id"/s//"log_ie"/'
refused "Invalid isoformat" 's/"log_list_timestamp": "2/"log_list_timestamp": "/'
echo "six wrong lists are refused"
