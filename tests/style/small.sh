#!/bin/sh
# SPDX-License-Identifier: MIT
# small.sh PROGRAM BYTES READELF STRIP: what profile router promises: the daemon and the tool, one program, are no larger than that when
# stripped, load no library but the few that a router's image has anyway, and have nothing in them of what was left out.
set -eu
program=$1 most=$2 readelf=$3 strip=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

"$strip" -o "$work/stripped" "$program"
size=$(wc -c <"$work/stripped")
echo "$size bytes"
if [ "$size" -gt "$most" ]; then
	echo "more than $most"
	bad=1
fi

for library in $("$readelf" -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
	case $library in
	libgnutls.so.* | libnghttp2.so.* | libcares.so.* | libuv.so.* | libjansson.so.* | libc.so* | ld-linux*.so.* | ld.so.* | ld64.so.*) ;;
	*)
		echo "loads $library"
		bad=1
		;;
	esac
done

# Also what would be loaded at run time, by name.
if "$readelf" -p .rodata -p .dynstr -p .strtab "$program" 2>/dev/null | grep -iE 'sd_bus|varlink|dnstap_(new|frame)|libldns|ldns_|libcrypto|libsystemd|libpsl|networkd_new'; then
	bad=1
fi
exit $bad
