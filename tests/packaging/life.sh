#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages from their installation to their end, by dpkg alone: see test_debian.py. /packages has old/ and new/.
conf=/etc/ctresolved/ctresolved.conf
wanted=/etc/systemd/system/multi-user.target.wants/ctresolved.service
dropin=/lib/systemd/system/systemd-resolved.service.d/50-ctresolved.conf
names="ctresolved ctresolved-resolved libctpolicy1 libctpolicy-dev"
set -x

dpkg --install /packages/systemd-resolved.deb /packages/old/*.deb
[ "$(dpkg-query -W -f '${Version}' ctresolved)" = 1 ]
[ -e "$dropin" ]
[ ! -e "$wanted" ]
grep -q '^#DNS=1.1.1.1' "$conf"
ctresolved --check
ctresolved-resolved --version
ctresolvectl verify --help >/dev/null
# shellcheck disable=SC2046 # words
cc -o /tmp/ctget /usr/share/doc/libctpolicy-dev/examples/ctget.c $(pkg-config --cflags --libs ctpolicy gnutls)
/tmp/ctget | grep -q usage || ldd /tmp/ctget | grep 'libctpolicy.so.1 => /'

echo '# mine' >>"$conf"
systemctl enable ctresolved.service
mkdir -p /var/lib/private/ctresolved
ln -s private/ctresolved /var/lib/ctresolved
touch /var/lib/private/ctresolved/clock

dpkg --install /packages/new/*.deb
[ "$(dpkg-query -W -f '${Version}' ctresolved)" = 2 ]
grep -q '^# mine' "$conf"
[ -e "$wanted" ]
[ -e /var/lib/ctresolved/clock ]

# The take-over needs the daemon, nothing needs the take-over.
! dpkg --remove ctresolved
dpkg --remove ctresolved-resolved
[ ! -e "$dropin" ]
# shellcheck disable=SC2086 # words
dpkg --remove $names
[ ! -e /usr/sbin/ctresolved ]
grep -q '^# mine' "$conf"
[ -e /var/lib/ctresolved/clock ]

# shellcheck disable=SC2086
dpkg --purge $names systemd-resolved
[ ! -e /etc/ctresolved ]
[ ! -e /var/lib/ctresolved ]
