/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_ldns.h"
#include <string.h>

enum { SALT_MAX = 255 };

void crypto_nsec3_hash(const uint8_t *name, struct wire salt, unsigned iterations,
	uint8_t out[static SHA1_SIZE])
{
	uint8_t input[DNAME_SIZE_MAX + SALT_MAX];
	size_t n = dname_size(name);

	memcpy(input, name, n);
	for (unsigned i = 0;; i++) {
		if (salt.size > 0)
			memcpy(input + n, salt.data, salt.size);
		ldns.sha1(input, (unsigned)(n + salt.size), out);
		if (i == iterations)
			return;
		memcpy(input, out, SHA1_SIZE);
		n = SHA1_SIZE;
	}
}
