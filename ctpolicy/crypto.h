/* SPDX-License-Identifier: MIT */
#pragma once
/* SHA-256 and the signatures of logs. The only user of GnuTLS in this library, with ctcheck's
 * PEM. */
#include "ctpolicy/ctpolicy.h"

enum { SHA256_SIZE = 32 };

/* CT_E_NOMEM when it cannot be computed. */
CT_MUST_CHECK enum ct_err ctp_sha256(struct ct_bytes bytes, uint8_t ret[SHA256_SIZE]);

/* Base64 (RFC 4648 section 4). CT_E_MALFORMED: it is not, or has none or more than `max` bytes.
 */
CT_MUST_CHECK enum ct_err ctp_base64_decode(
	const char *text, uint8_t *out, size_t max, size_t *ret_size);

/* A log's public key: EC P-256 or RSA of at least 2048 bits (RFC 6962 section 2.1.4).
 * Immutable. */
struct log_key;

/* From a SubjectPublicKeyInfo. CT_E_MALFORMED: not one, or a key of another kind. */
CT_MUST_CHECK enum ct_err ctp_log_key_new(struct ct_bytes spki, struct log_key **ret);
void ctp_log_key_free(struct log_key *key);

/* HashAlgorithm and SignatureAlgorithm (RFC 5246 section 7.4.1.4.1) that this key signs with.
 */
bool ctp_log_key_signs_with(const struct log_key *key, uint8_t hash, uint8_t algorithm);

/* CT_E_MALFORMED: the signature is wrong. */
CT_MUST_CHECK enum ct_err ctp_log_key_verify(
	const struct log_key *key, struct ct_bytes data, struct ct_bytes signature);
