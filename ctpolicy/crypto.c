/* SPDX-License-Identifier: MIT */
#include "ctpolicy/crypto.h"
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 5246 section 7.4.1.4.1 */
enum { HASH_SHA256 = 4, SIGNATURE_RSA = 1, SIGNATURE_ECDSA = 3 };

enum { RSA_BITS_MIN = 2048 };

struct log_key {
	gnutls_pubkey_t key;
	gnutls_sign_algorithm_t algorithm;
};

static gnutls_datum_t datum(struct ct_bytes bytes)
{
	/* GnuTLS reads through this pointer only; its type does not say so. */
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)bytes.data, (unsigned)bytes.size};
}

enum ct_err ctp_sha256(struct ct_bytes bytes, uint8_t ret[SHA256_SIZE])
{
	int r = gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data, bytes.size, ret);

	return r < 0 ? CT_E_NOMEM : CT_OK;
}

enum ct_err ctp_base64_decode(const char *text, uint8_t *out, size_t max, size_t *ret_size)
{
	gnutls_datum_t encoded = {(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
	gnutls_datum_t decoded = {0};
	bool fits;
	int r = gnutls_base64_decode2(&encoded, &decoded);

	if (r < 0)
		return r == GNUTLS_E_MEMORY_ERROR ? CT_E_NOMEM : CT_E_MALFORMED;
	fits = decoded.size > 0 && decoded.size <= max;
	if (fits) {
		memcpy(out, decoded.data, decoded.size);
		*ret_size = decoded.size;
	}
	gnutls_free(decoded.data);
	return fits ? CT_OK : CT_E_MALFORMED;
}

static bool choose_algorithm(gnutls_pubkey_t key, gnutls_sign_algorithm_t *ret)
{
	gnutls_ecc_curve_t curve;
	unsigned bits = 0;

	switch (gnutls_pubkey_get_pk_algorithm(key, &bits)) {
	case GNUTLS_PK_ECDSA:
		*ret = GNUTLS_SIGN_ECDSA_SHA256;
		return gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) >= 0 &&
		       curve == GNUTLS_ECC_CURVE_SECP256R1;
	case GNUTLS_PK_RSA: *ret = GNUTLS_SIGN_RSA_SHA256; return bits >= RSA_BITS_MIN;
	default: return false;
	}
}

enum ct_err ctp_log_key_new(struct ct_bytes spki, struct log_key **ret)
{
	gnutls_datum_t der = datum(spki);
	struct log_key *key = calloc(1, sizeof *key);
	int r;

	if (key == NULL)
		return CT_E_NOMEM;
	r = gnutls_pubkey_init(&key->key);
	if (r >= 0)
		r = gnutls_pubkey_import(key->key, &der, GNUTLS_X509_FMT_DER);
	if (r >= 0 && choose_algorithm(key->key, &key->algorithm)) {
		*ret = key;
		return CT_OK;
	}
	ctp_log_key_free(key);
	return r == GNUTLS_E_MEMORY_ERROR ? CT_E_NOMEM : CT_E_MALFORMED;
}

void ctp_log_key_free(struct log_key *key)
{
	if (key == NULL)
		return;
	if (key->key != NULL)
		gnutls_pubkey_deinit(key->key);
	free(key);
}

bool ctp_log_key_signs_with(const struct log_key *key, uint8_t hash, uint8_t algorithm)
{
	return hash == HASH_SHA256 &&
	       algorithm == (key->algorithm == GNUTLS_SIGN_ECDSA_SHA256 ? SIGNATURE_ECDSA
									: SIGNATURE_RSA);
}

enum ct_err ctp_log_key_verify(
	const struct log_key *key, struct ct_bytes data, struct ct_bytes signature)
{
	gnutls_datum_t signed_data = datum(data), signature_data = datum(signature);
	int r = gnutls_pubkey_verify_data2(
		key->key, key->algorithm, 0, &signed_data, &signature_data);

	if (r >= 0)
		return CT_OK;
	return r == GNUTLS_E_MEMORY_ERROR ? CT_E_NOMEM : CT_E_MALFORMED;
}

/* How keys of this kind sign lists. False: not at all. */
static bool choose_list_algorithm(gnutls_pubkey_t key, gnutls_sign_algorithm_t *ret)
{
	gnutls_ecc_curve_t curve;
	unsigned bits = 0;

	switch (gnutls_pubkey_get_pk_algorithm(key, &bits)) {
	case GNUTLS_PK_RSA: *ret = GNUTLS_SIGN_RSA_SHA256; return bits >= RSA_BITS_MIN;
	case GNUTLS_PK_EDDSA_ED25519: *ret = GNUTLS_SIGN_EDDSA_ED25519; return true;
	case GNUTLS_PK_ECDSA:
		if (gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) < 0)
			return false;
		*ret = curve == GNUTLS_ECC_CURVE_SECP256R1 ? GNUTLS_SIGN_ECDSA_SHA256
							   : GNUTLS_SIGN_ECDSA_SHA384;
		return curve == GNUTLS_ECC_CURVE_SECP256R1 ||
		       curve == GNUTLS_ECC_CURVE_SECP384R1;
	default: return false;
	}
}

static const char *verify_list(struct ct_bytes data, struct ct_bytes signature,
	struct ct_bytes spki_pem, gnutls_pubkey_t key, int *ret)
{
	gnutls_datum_t pem = datum(spki_pem), signed_data = datum(data);
	gnutls_datum_t signature_data = datum(signature);
	gnutls_sign_algorithm_t algorithm;

	*ret = gnutls_pubkey_import(key, &pem, GNUTLS_X509_FMT_PEM);
	if (*ret < 0)
		return "the key is not a public key in PEM";
	*ret = GNUTLS_E_INVALID_REQUEST;
	if (!choose_list_algorithm(key, &algorithm))
		return "the key is neither RSA of 2048 bits, EC P-256 or P-384, nor Ed25519";
	*ret = gnutls_pubkey_verify_data2(key, algorithm, 0, &signed_data, &signature_data);
	return "the signature does not verify with this key";
}

enum ct_err ct_signature_verify(struct ct_bytes data, struct ct_bytes signature,
	struct ct_bytes key, struct ct_error *error)
{
	gnutls_pubkey_t pubkey = NULL;
	const char *why;
	int r;

	/* GnuTLS counts in an unsigned: of more bytes it would verify some only. */
	if (data.size > UINT_MAX || signature.size > UINT_MAX || key.size > UINT_MAX) {
		if (error != NULL)
			snprintf(error->text, sizeof error->text, "too large");
		return CT_E_MALFORMED;
	}
	if (gnutls_pubkey_init(&pubkey) < 0)
		return CT_E_NOMEM;
	why = verify_list(data, signature, key, pubkey, &r);
	gnutls_pubkey_deinit(pubkey);
	if (r >= 0)
		return CT_OK;
	if (r == GNUTLS_E_MEMORY_ERROR)
		return CT_E_NOMEM;
	if (error != NULL)
		snprintf(error->text, sizeof error->text, "%s", why);
	return CT_E_MALFORMED;
}
