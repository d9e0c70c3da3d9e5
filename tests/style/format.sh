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
check shellcheck packaging/dependencies packaging/quickstart packaging/debian/build packaging/debian/check-reproducible \
	packaging/debian/*.post* tests/run .ci/run tests/data/transport/make-certificates tests/packaging/in_copy $(find tests -name "*.sh")
[ $status -eq 0 ] && echo "well formed"
exit $status
