#!/bin/sh
# SPDX-License-Identifier: MIT
# C as .clang-format has it, manuals without a warning, shell scripts without one. A tool that is missing is named.
set -eu
cd "$(dirname "$0")/../.."
status=0

check() {
	tool=$1
	shift
	if command -v "$tool" >/dev/null; then
		"$tool" "$@" || status=1
	else
		echo "not checked: $tool is missing"
	fi
}

# shellcheck disable=SC2046 # no name has a space
check clang-format-14 --dry-run -Werror $(find conf ctpolicy transport resolver tests -name '*.[ch]')
# shellcheck disable=SC2046
check mandoc -Tlint -Wwarning $(find conf ctpolicy resolver -name '*.[1-8]')
# shellcheck disable=SC2046
check shellcheck tests/cross/chroot tests/cross/libraries tests/cross/run packaging/dependencies packaging/quickstart packaging/debian/build packaging/debian/check-reproducible \
	packaging/debian/*.post* packaging/openwrt/ctresolved/test.sh packaging/openwrt/ctresolved/files/*.sh packaging/openwrt/ctresolved/files/*.hotplug-* \
	tests/openwrt/run tests/openwrt/device/*/uci tests/openwrt/device/*/init.d/* tests/openwrt/device/usr/bin/* tests/run tests/systemd/run tests/systemd/boot tests/systemd/test75 .ci/run tests/data/transport/make-certificates tests/packaging/in_copy $(find tests -name "*.sh")
# Their first lines name OpenWrt's interpreter of init scripts.
check shellcheck -s dash packaging/openwrt/ctresolved/files/ctresolved.init tests/openwrt/device/etc/rc.common
[ $status -eq 0 ] && echo "well formed"
exit $status
