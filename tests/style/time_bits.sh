#!/bin/sh
# SPDX-License-Identifier: MIT
# Nobody sets _TIME_BITS: a GnuTLS that was built with a 32-bit time_t would then hand out garbage for dates.
set -eu
cd "$(dirname "$0")/../.."
if grep -rnE '^[^#*/]*_TIME_BITS' --include='*.[ch]' --include=meson.build --include=rules --include=run --include=Makefile \
	meson.build conf ctpolicy packaging resolver tests transport; then
	echo "_TIME_BITS must be the compiler's own"
	exit 1
fi
