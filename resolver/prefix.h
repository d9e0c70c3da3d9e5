/* SPDX-License-Identifier: MIT */
#pragma once
/* Networks: addresses that begin alike. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Are the first `bits` of both the same? Both have so many. */
static inline bool first_bits_are(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(address, prefix, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}
