/* SPDX-License-Identifier: MIT */
#pragma once
/* The cryptography of validation: ldns's, over bytes that were measured before. Counts nothing:
 * who calls has a budget (dnssec_rrset.h). */
#include "resolver/dnssec_rr.h"

enum { SHA1_SIZE = 20, SHA384_SIZE = 48 };

/* RFC 8624 section 3.1: 8, 10, 13, 14, 15, and 16. What is signed with SHA-1 (5, 7) is insecure
 * (RFC 9905 section 2). */
bool crypto_knows_algorithm(uint8_t algorithm);
/* RFC 8624 section 3.3: 1, 2, 4. SHA-1 is good enough here, for nobody can find another key
 * with a given digest; it counts only where there is nothing better. */
bool crypto_knows_digest(uint8_t digest_type);
/* Does the key have a size that its algorithm allows? RSA: 512 to 4096 bits, and an exponent of
 * at most 64 bits: what more costs has no use. */
bool crypto_key_is_good(const struct dnskey *key);
/* What it costs to verify a signature of it, a tenth of a millisecond being one. */
unsigned crypto_cost(const struct dnskey *key);
/* Is `signature` the key's over `data`? The key is a good one. */
bool crypto_verify(const struct dnskey *key, struct wire data, struct wire signature);
/* Is the DS's digest that of this key of `owner` (in lower case)? RFC 4034 section 5.1.4 */
bool crypto_ds_matches(const struct ds *ds, const uint8_t *owner, struct wire dnskey);
/* The SHA-256 DS of a key, as RDATA of DNSSEC_DS_SIZE bytes. False: no memory. */
enum { CRYPTO_DS_SIZE = 36 };
bool crypto_make_ds(
	const uint8_t *owner, struct wire dnskey, uint8_t out[static CRYPTO_DS_SIZE]);
/* RFC 5155 section 5, SHA-1; the name in lower case, the salt at most 255 bytes. */
void crypto_nsec3_hash(const uint8_t *name, struct wire salt, unsigned iterations,
	uint8_t out[static SHA1_SIZE]);
