#!/bin/sh
# SPDX-License-Identifier: MIT
# test.sh PACKAGE VERSION: run on the target, where the package has been installed.
set -e

case $1 in
ctresolved)
	ctresolved --version | grep -F "$2"
	conf=$(mktemp)
	trap 'rm -f "$conf"' EXIT
	cat >"$conf" <<-END
		[Resolve]
		DNS=1.1.1.1#cloudflare-dns.com
		DNSStubListener=no
		DNSStubListenerExtra=127.0.0.1:5453
	END
	ctresolved --check -c "$conf"
	# What is wrong must be told.
	echo Nonsense=yes >>"$conf"
	if ctresolved --check -c "$conf"; then
		exit 1
	fi
	;;
ctresolved-loglist)
	grep -q '"operators"' /usr/share/ctresolved/log_list.json
	;;
esac
