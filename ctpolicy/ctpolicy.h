/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * libctpolicy: is this certificate publicly logged well enough? (RFC 6962)
 *
 * Bytes and a clock value in, a verdict out. No call opens a file, reads a clock, logs, or
 * keeps a global. A parsed log list never changes, so any number of threads may check against
 * it.
 *
 * What a verdict says: the logs of so many operators promised to show this certificate to
 * everybody. What it does not say: that the certificate was rightly issued, or that its chain
 * verifies. Build the chain first; hand in the issuer that the verified chain has.
 *
 * All times are milliseconds since 1970-01-01T00:00:00Z, as in RFC 6962.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CT_API __attribute__((visibility("default")))
#define CT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define CT_API
#define CT_MUST_CHECK
#endif

/* Borrowed bytes. The library copies what it keeps. */
struct ct_bytes {
	const uint8_t *data;
	size_t size;
};

enum ct_err {
	CT_OK,
	CT_E_NOMEM,
	CT_E_MALFORMED, /* the bytes are not what they should be */
};

/*
 * The log list, in version 3 of its JSON schema. Unknown keys are passed over; an unknown state
 * counts as none.
 */

#define CT_LOG_ID_SIZE 32

enum ct_log_state {
	CT_LOG_STATELESS, /* no state, or one this library does not know: never counts */
	CT_LOG_PENDING,
	CT_LOG_QUALIFIED,
	CT_LOG_USABLE,
	CT_LOG_READONLY,
	CT_LOG_RETIRED,
	CT_LOG_REJECTED,
};

struct ct_log_list;

/* One log as the list has it. The strings live as long as the list. */
struct ct_log {
	uint8_t id[CT_LOG_ID_SIZE]; /* SHA-256 of the log's public key (RFC 6962 section 3.2) */
	const char *description;
	const char *operator_name; /* whose log it is now */
	const char *url;           /* "" when the list has none */
	enum ct_log_state state;   /* the newest of the states that the list gives */
	uint64_t state_since_ms;
	bool tiled;  /* a static-ct-api log; else an RFC 6962 log */
	bool barred; /* its private key is public: never counts, whatever the list says */
	/* Of the notAfter that it accepts, start <= notAfter < end; 0 and UINT64_MAX: any. */
	uint64_t interval_start_ms, interval_end_ms;
};

/* Where and why a log list was refused: "operators[2].logs[0].log_id: …". */
struct ct_error {
	char text[160];
};

/*
 * Parses a log list v3 JSON document.
 *
 * json      the document; may be freed afterwards
 * ret_list  on CT_OK the list; free it with ct_log_list_free(). Untouched on failure
 * error     may be NULL; on failure says what is wrong, in one line
 *
 * CT_E_MALFORMED: not JSON, a member missing or of the wrong type, a log_id that is not the
 * SHA-256 of its key, a key that is neither EC P-256 nor RSA of at least 2048 bits, a text with
 * a control character, a log named twice, no log at all, a duplicate JSON key. CT_E_NOMEM: out
 * of memory.
 */
CT_API CT_MUST_CHECK enum ct_err ct_log_list_parse(
	struct ct_bytes json, struct ct_log_list **ret_list, struct ct_error *error);

/* Frees the list and all that was borrowed from it. NULL is allowed. */
CT_API void ct_log_list_free(struct ct_log_list *list);

/* A list older than this is stale: see ct_check(). */
#define CT_LIST_FRESH_DAYS 70

/*
 * Verifies the signature over a log list (or over any other bytes).
 *
 * data       what was signed
 * signature  RSA: PKCS #1 v1.5 with SHA-256 (RFC 8017 section 8.2); ECDSA: DER, with
 *            SHA-256 for P-256 and SHA-384 for P-384; Ed25519 (RFC 8032)
 * key        the public key: SubjectPublicKeyInfo in PEM, RSA of at least 2048 bits, EC
 *            P-256 or P-384, or Ed25519
 * error      may be NULL; on CT_E_MALFORMED says what is wrong
 *
 * CT_OK: it verifies. CT_E_MALFORMED: it does not, or the key is none of these. CT_E_NOMEM.
 */
CT_API CT_MUST_CHECK enum ct_err ct_signature_verify(struct ct_bytes data,
	struct ct_bytes signature, struct ct_bytes key, struct ct_error *error);

/* The list's own log_list_timestamp. */
CT_API uint64_t ct_log_list_timestamp_ms(const struct ct_log_list *list);

/* The end of its last shard: until then the list can vouch for certificates that are new.
 * 0 when no log of the list can. */
CT_API uint64_t ct_log_list_horizon_ms(const struct ct_log_list *list);

/* How many logs there are; the one at `index`, by their ids, or NULL past the end. */
CT_API size_t ct_log_list_size(const struct ct_log_list *list);
CT_API const struct ct_log *ct_log_list_at(const struct ct_log_list *list, size_t index);

/* The log of this id, or NULL. Borrowed from the list. */
CT_API const struct ct_log *ct_log_list_find(
	const struct ct_log_list *list, const uint8_t id[CT_LOG_ID_SIZE]);

/* "usable", "retired", … */
CT_API const char *ct_log_state_name(enum ct_log_state state);

enum ct_policy {
	CT_POLICY_TWO_LOGS, /* 2 distinct logs: the floor */
	CT_POLICY_CHROME,   /* + 2 operators, a current log, a third log for over 180 days */
	CT_POLICY_APPLE,    /* as Apple's, with its rule that one log be an RFC 6962 log */
};

/* The name in configuration files: "two-logs", "chrome", "apple"; "?" of none of these. */
CT_API const char *ct_policy_name(enum ct_policy policy);
/* The policy of this name. False, and *ret_policy untouched, when there is none. */
CT_API bool ct_policy_from_name(const char *name, enum ct_policy *ret_policy);

enum ct_verdict {
	CT_COMPLIANT,
	CT_NO_SCTS,          /* the certificate carries none */
	CT_NOT_ENOUGH_SCTS,  /* too few of them count */
	CT_NOT_DIVERSE_SCTS, /* they count, but too few operators stand behind them */
	CT_NO_CURRENT_LOG,   /* all come from logs that are retired by now */
	CT_NO_RFC6962_LOG,   /* policy apple: none comes from an RFC 6962 log */
	CT_MALFORMED,        /* the SCT list or the certificate cannot be parsed */
	CT_NOMEM,            /* out of memory: nothing is known, so nothing is accepted */
};

/* Why one SCT counts or does not. */
enum ct_sct_status {
	CT_SCT_VALID,
	CT_SCT_UNKNOWN_VERSION,   /* not v1 */
	CT_SCT_UNKNOWN_ALGORITHM, /* not that of the log's key, with SHA-256 */
	CT_SCT_UNKNOWN_LOG,       /* not in this list */
	CT_SCT_LOG_BARRED,        /* the log's private key is public */
	CT_SCT_LOG_STATELESS,
	CT_SCT_LOG_PENDING,
	CT_SCT_LOG_REJECTED,
	CT_SCT_BAD_SIGNATURE,
	CT_SCT_IN_FUTURE,        /* its timestamp is later than now */
	CT_SCT_OUTSIDE_INTERVAL, /* the log does not take certificates of this notAfter */
	CT_SCT_AFTER_RETIREMENT, /* the log was retired before it signed this */
	CT_SCT_DUPLICATE,        /* another SCT of the same log counts already */
	CT_SCT_LOG_NOT_CURRENT,  /* by TLS, of a retired log; policies chrome and apple */
	CT_SCT_NOT_FROM_OCSP,    /* by OCSP; policies chrome and apple, as browsers do */
};

/* How an SCT reached the client (RFC 6962 section 3.3). */
enum ct_sct_origin {
	CT_ORIGIN_EMBEDDED, /* in the certificate */
	CT_ORIGIN_TLS,      /* in the TLS extension signed_certificate_timestamp */
	CT_ORIGIN_OCSP,     /* in a stapled OCSP response */
};

struct ct_sct_report {
	enum ct_sct_status status;
	enum ct_sct_origin origin;
	uint8_t log_id[CT_LOG_ID_SIZE]; /* zeroes for an unknown version */
	uint64_t timestamp_ms;
	const struct ct_log *log;  /* borrowed from the list; NULL: it has no such log */
	const char *operator_name; /* at the time of the SCT; borrowed from the list; or NULL */
};

/* More SCTs than this are not looked at, only counted: each costs a signature check. */
#define CT_SCTS_MAX 16

struct ct_report {
	enum ct_verdict verdict;
	enum ct_policy policy;
	bool list_stale; /* the list is older than CT_LIST_FRESH_DAYS, or the clock not
			  * set: see ct_check() */
	bool clock_unset;
	uint32_t list_age_days; /* 0 when its timestamp is in the future */
	uint32_t lifetime_days; /* of the leaf, begun days counted */
	/* Which SCTs were counted together, a bit 1 << ct_sct_origin each: a policy may want
	 * all of them to have come one way. */
	unsigned origins;
	size_t logs;      /* distinct logs whose SCT counts */
	size_t operators; /* distinct operators behind them */
	size_t logs_needed;
	size_t operators_needed;
	size_t scts_left_out; /* more than CT_SCTS_MAX were there */
	size_t n_scts;
	struct ct_sct_report scts[CT_SCTS_MAX];
};

/* What is known of a certificate. What is not there is empty. */
struct ct_evidence {
	struct ct_bytes leaf;   /* DER of the certificate, exactly as the peer sent it */
	struct ct_bytes issuer; /* DER of its issuer in the verified chain */
	/* SignedCertificateTimestampList: the body of the TLS extension 18 (RFC 6962 section
	 * 3.3.1). */
	struct ct_bytes tls_scts;
	/* The same out of a stapled OCSP response: ct_ocsp_scts(). The response's signature
	 * must have been verified. */
	struct ct_bytes ocsp_scts;
};

/* What is known of the time. */
struct ct_clock {
	uint64_t now_ms;
	/* The clock is not set: it is now_ms or later. Then no SCT is held to be of the future,
	 * and the list counts as stale. */
	bool unset;
};

/*
 * Judges a certificate by its SCTs, whichever way they came (RFC 6962 sections 3.2 and 3.3).
 *
 * An SCT counts when its log is in the list and neither barred, stateless, pending nor
 * rejected, its signature verifies (embedded: over the precertificate rebuilt from the leaf;
 * otherwise: over the leaf), its timestamp is not in the future, the leaf's notAfter lies in
 * the log's temporal interval, and, for a retired log, it was made before the retirement. Two
 * SCTs of one log that came the same way count once; two logs are two log ids.
 *
 * CT_POLICY_TWO_LOGS  two logs, by any ways together
 * CT_POLICY_CHROME    embedded SCTs of two logs (three for more than 180 days) and two
 *                     operators, one of a log that is current; or SCTs by TLS of two logs
 *                     and two operators, all current
 * CT_POLICY_APPLE     the same of embedded ones (three from 180 days on), one of them of an
 *                     RFC 6962 log; or current ones of two logs and two operators, one of
 *                     them by TLS, one of an RFC 6962 log
 *
 * A list older than 70 days is stale: whatever the policy, two logs of two operators must then
 * stand behind the certificate, and nothing is asked about what is current *now*, which a stale
 * list cannot know. SCTs out of OCSP responses count for CT_POLICY_TWO_LOGS alone, then as
 * ever.
 *
 * list      borrowed; the report points into it
 * evidence  borrowed during the call
 * report    always filled, also when the verdict is a refusal; points into `list` only
 *
 * Returns report->verdict. Never accepts on an error. May be called by several threads with one
 * list.
 */
CT_API CT_MUST_CHECK enum ct_verdict ct_check(const struct ct_log_list *list,
	enum ct_policy policy, const struct ct_evidence *evidence, struct ct_clock clock,
	struct ct_report *report);

/*
 * Finds the SCTs in an OCSP response (RFC 6962 section 3.3, RFC 6960 section 4.2.1).
 *
 * response  DER of an OCSPResponse. Nothing of it is verified here
 * index     of the SingleResponse that speaks of the certificate, from 0
 * ret_scts  on CT_OK a SignedCertificateTimestampList, pointing into `response`; empty when
 * that SingleResponse has none. Untouched on failure
 *
 * CT_E_MALFORMED: not a successful basic OCSP response in DER, no such SingleResponse, or its
 * extensions are malformed or name the SCT list twice.
 */
CT_API CT_MUST_CHECK enum ct_err ct_ocsp_scts(
	struct ct_bytes response, size_t index, struct ct_bytes *ret_scts);

/* "compliant", "not-enough-scts", …: one word for machines. */
CT_API const char *ct_verdict_name(enum ct_verdict verdict);
/* "embedded", "tls", "ocsp". */
CT_API const char *ct_sct_origin_name(enum ct_sct_origin origin);
/* "valid", "bad-signature", …: one word for machines. */
CT_API const char *ct_sct_status_name(enum ct_sct_status status);
/* "its signature is wrong", "its log is not in the list", …: why, for people. */
CT_API const char *ct_sct_status_text(enum ct_sct_status status);

/*
 * The verdict as one sentence for people, without a full stop, e.g. "2 of 3 SCTs count, from 2
 * logs of 1 operator (DigiCert); policy chrome needs 2 logs of 2 operators". Says of SCTs from
 * unknown logs how old the list is.
 *
 * buf, size  where to; always terminated when size > 0; cut at a character when too small
 */
CT_API void ct_report_text(const struct ct_report *report, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
