/* SPDX-License-Identifier: MIT */
#pragma once
/* What of a certificate a log has signed (RFC 6962 section 3.2), cut out of its bytes as they
 * are: a re-encoding would not be what the log saw. */
#include "ctpolicy/ctpolicy.h"

/* The parts of a certificate that matter here. All point into its DER. */
struct certificate {
	struct ct_bytes whole;
	struct ct_bytes before_extensions; /* the TBSCertificate's elements up to them */
	struct ct_bytes extensions;        /* its Extension elements; empty: none */
	struct ct_bytes spki;              /* SubjectPublicKeyInfo */
	uint64_t not_before_ms, not_after_ms;
	bool has_scts;
	struct ct_bytes scts; /* SignedCertificateTimestampList */
};

/* False: not a certificate in DER, or its SCT extension stands twice or is malformed. */
bool ctp_certificate_parse(struct ct_bytes der, struct certificate *ret);

/*
 * The TBSCertificate of the precertificate: the leaf's without its SCT extension (RFC 6962
 * section 3.2). ctp_precert_tbs_write() writes the ctp_precert_tbs_size() bytes and returns
 * where they end.
 */
size_t ctp_precert_tbs_size(const struct certificate *certificate);
uint8_t *ctp_precert_tbs_write(const struct certificate *certificate, uint8_t *out);

/* LogEntryType (RFC 6962 section 3.1): embedded SCTs were made over the precertificate, all
 * others over the certificate. */
enum entry_type { ENTRY_X509 = 0, ENTRY_PRECERT = 1 };

/*
 * The digitally-signed struct of RFC 6962 section 3.2, built once for a certificate and
 * completed for each SCT: ctp_entry_complete().
 */
struct entry {
	uint8_t *bytes; /* NULL: none */
	size_t fixed;   /* up to the SCT's extensions */
};

/* issuer_key_hash: for ENTRY_PRECERT. extensions_max: of any SCT that will complete it.
 * CT_E_MALFORMED: too large to be signed. */
CT_MUST_CHECK enum ct_err ctp_entry_new(const struct certificate *leaf, enum entry_type type,
	const uint8_t issuer_key_hash[32], size_t extensions_max, struct entry *ret);
void ctp_entry_free(struct entry *entry);
/* Valid until the next call. */
struct ct_bytes ctp_entry_complete(
	struct entry *entry, uint64_t timestamp_ms, struct ct_bytes extensions);
