/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_ldns.h"
#include <stdlib.h>
#include <string.h>

/* RFC 5702, 6605, 8080 */
enum algorithm {
	RSASHA256 = 8,
	RSASHA512 = 10,
	ECDSAP256SHA256 = 13,
	ECDSAP384SHA384 = 14,
	ED25519 = 15,
	ED448 = 16,
};

enum digest_type { DIGEST_SHA1 = 1, DIGEST_SHA256 = 2, DIGEST_SHA384 = 4 };

enum { SHA256_SIZE = 32, RSA_MIN = 64, RSA_MAX = 512, EXPONENT_MAX = 8 };

/* Of all but RSA. */
static const struct {
	uint8_t algorithm;
	size_t key, signature;
	unsigned cost;
} curves[] = {
	{ECDSAP256SHA256, 64, 64, 1},
	{ECDSAP384SHA384, 96, 96, 8},
	{ED25519, 32, 64, 1},
#if LDNS_BUILD_CONFIG_USE_ED448
	{ED448, 57, 114, 3},
#endif
};

static bool is_rsa(uint8_t algorithm)
{
	return algorithm == RSASHA256 || algorithm == RSASHA512;
}

/* The place in `curves`, or how many there are. */
static size_t curve_of(uint8_t algorithm)
{
	size_t i = 0;

	while (i < sizeof curves / sizeof *curves && curves[i].algorithm != algorithm)
		i++;
	return i;
}

bool crypto_knows_algorithm(uint8_t algorithm)
{
	return is_rsa(algorithm) || curve_of(algorithm) < sizeof curves / sizeof *curves;
}

bool crypto_knows_digest(uint8_t digest_type)
{
	return digest_type == DIGEST_SHA1 || digest_type == DIGEST_SHA256 ||
	       digest_type == DIGEST_SHA384;
}

/* RFC 3110 section 2. 0: it is none that we take. */
static size_t rsa_modulus_size(struct wire key)
{
	size_t exponent, at = 1;

	if (key.size < 1)
		return 0;
	exponent = key.data[0];
	if (exponent == 0) {
		if (key.size < 3)
			return 0;
		exponent = read16(key.data + 1);
		at = 3;
	}
	if (exponent == 0 || exponent > EXPONENT_MAX || exponent >= key.size - at)
		return 0;
	at += exponent;
	while (at < key.size && key.data[at] == 0)
		at++;
	return key.size - at >= RSA_MIN && key.size - at <= RSA_MAX ? key.size - at : 0;
}

bool crypto_key_is_good(const struct dnskey *key)
{
	size_t curve = curve_of(key->algorithm);

	if (is_rsa(key->algorithm))
		return rsa_modulus_size(key->key) > 0;
	return curve < sizeof curves / sizeof *curves && key->key.size == curves[curve].key;
}

unsigned crypto_cost(const struct dnskey *key)
{
	enum { RSA_USUAL = 256, EXPONENT_USUAL = 3 };
	size_t curve = curve_of(key->algorithm);

	if (curve < sizeof curves / sizeof *curves)
		return curves[curve].cost;
	return rsa_modulus_size(key->key) > RSA_USUAL || key->key.data[0] > EXPONENT_USUAL ||
			       key->key.data[0] == 0
		       ? 4
		       : 1;
}

static bool signature_fits(const struct dnskey *key, struct wire signature)
{
	size_t curve = curve_of(key->algorithm);

	if (is_rsa(key->algorithm))
		return signature.size <= RSA_MAX &&
		       signature.size == rsa_modulus_size(key->key);
	return curve < sizeof curves / sizeof *curves &&
	       signature.size == curves[curve].signature;
}

/* An ASN.1 INTEGER without zeroes in front, or with the one that it needs. */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t n)
{
	bool zero;

	for (; n > 1 && *number == 0; n--)
		number++;
	zero = (*number & 0x80) != 0;
	out[0] = 2;
	out[1] = (uint8_t)(n + zero);
	out[2] = 0;
	memcpy(out + 2 + zero, number, n);
	return 2 + zero + n;
}

/* As ldns wants it: that of ECDSA as the sequence of its two numbers (RFC 3279 section 2.2.3).
 * `out` has RSA_MAX bytes, and a signature of a curve at most 114. */
static size_t convert_signature(const struct dnskey *key, struct wire signature, uint8_t *out)
{
	size_t half = signature.size / 2, n = 2;

	if (key->algorithm != ECDSAP256SHA256 && key->algorithm != ECDSAP384SHA384) {
		memcpy(out, signature.data, signature.size);
		return signature.size;
	}
	n += put_integer(out + n, signature.data, half);
	n += put_integer(out + n, signature.data + half, half);
	out[0] = 0x30;
	out[1] = (uint8_t)(n - 2);
	return n;
}

bool crypto_verify(const struct dnskey *key, struct wire data, struct wire signature)
{
	/* ldns writes to neither, but says so nowhere. */
	uint8_t sig[RSA_MAX], public_key[RSA_MAX + EXPONENT_MAX + 64];
	ldns_buffer *buffer;
	size_t size;
	bool good;

	if (!signature_fits(key, signature) || key->key.size > sizeof public_key)
		return false;
	size = convert_signature(key, signature, sig);
	memcpy(public_key, key->key.data, key->key.size);
	buffer = ldns.buffer_new(data.size);
	if (buffer == NULL)
		return false;
	ldns_buffer_write(buffer, data.data, data.size);
	good = ldns.verify_rrsig_buffers_raw(sig, size, buffer, public_key, key->key.size,
		       key->algorithm) == LDNS_STATUS_OK;
	ldns.buffer_free(buffer);
	return good;
}

/* owner | DNSKEY RDATA; free() it. NULL: no memory. */
static uint8_t *ds_input(const uint8_t *owner, struct wire dnskey, unsigned *ret_size)
{
	size_t n = dname_size(owner);
	uint8_t *input = malloc(n + dnskey.size);

	if (input == NULL)
		return NULL;
	memcpy(input, owner, n);
	memcpy(input + n, dnskey.data, dnskey.size);
	*ret_size = (unsigned)(n + dnskey.size);
	return input;
}

bool crypto_ds_matches(const struct ds *ds, const uint8_t *owner, struct wire dnskey)
{
	uint8_t digest[SHA384_SIZE], *input;
	size_t size = 0;
	unsigned n;

	input = ds_input(owner, dnskey, &n);
	if (input == NULL)
		return false;
	if (ds->digest_type == DIGEST_SHA1 && ldns.sha1(input, n, digest) != NULL)
		size = SHA1_SIZE;
	else if (ds->digest_type == DIGEST_SHA256 && ldns.sha256(input, n, digest) != NULL)
		size = SHA256_SIZE;
	else if (ds->digest_type == DIGEST_SHA384 && ldns.sha384(input, n, digest) != NULL)
		size = SHA384_SIZE;
	free(input);
	return size > 0 && ds->digest.size == size &&
	       memcmp(ds->digest.data, digest, size) == 0;
}

bool crypto_make_ds(
	const uint8_t *owner, struct wire dnskey, uint8_t out[static CRYPTO_DS_SIZE])
{
	struct dnskey key;
	unsigned n;
	uint8_t *input;

	if (!dnskey_read(dnskey, &key))
		return false;
	input = ds_input(owner, dnskey, &n);
	if (input == NULL)
		return false;
	out[0] = (uint8_t)(key.tag >> 8);
	out[1] = (uint8_t)key.tag;
	out[2] = key.algorithm;
	out[3] = DIGEST_SHA256;
	ldns.sha256(input, n, out + 4);
	free(input);
	return true;
}
