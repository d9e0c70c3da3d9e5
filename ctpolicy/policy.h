/* SPDX-License-Identifier: MIT */
#pragma once
/* Are these SCTs enough? Pure judgement over facts: no certificate, no key, no clock. */
#include "ctpolicy/ctpolicy.h"

#define CT_DAY_MS UINT64_C(86400000)
#define CT_LIST_FRESH_MS (CT_LIST_FRESH_DAYS * CT_DAY_MS)

/* As in ct_report.origins. */
enum {
	BY_EMBEDDING = 1 << CT_ORIGIN_EMBEDDED,
	BY_TLS = 1 << CT_ORIGIN_TLS,
	BY_OCSP = 1 << CT_ORIGIN_OCSP,
	BY_ANY = BY_EMBEDDING | BY_TLS | BY_OCSP,
};

/* Some SCTs of a certificate, counted together. */
struct tally {
	size_t scts;      /* of whatever worth; what follows is of those that count */
	size_t logs;      /* distinct */
	size_t operators; /* distinct */
	size_t current;   /* logs that are qualified, usable or readonly now */
	size_t rfc6962;   /* logs that are not tiled */
};

/* What is known of the SCTs of a certificate. */
struct facts {
	uint64_t lifetime_ms; /* notAfter - notBefore */
	bool list_stale;
	struct tally all, embedded, tls;
	struct tally current; /* of all, those from logs that are current */
};

struct judgement {
	enum ct_verdict verdict;
	unsigned origins;   /* which ways the SCTs came that were counted */
	struct tally tally; /* of these */
	size_t logs_needed, operators_needed;
};

struct judgement ctp_policy_judge(enum ct_policy policy, const struct facts *facts);

/* Does the policy count SCTs out of OCSP responses? Browsers have given them up. */
bool ctp_policy_takes_ocsp(enum ct_policy policy);
