/* SPDX-License-Identifier: MIT */
#pragma once
/* Are these SCTs enough? Pure judgement over facts: no certificate, no key, no clock. */
#include "ctpolicy/ctpolicy.h"

#define CT_DAY_MS UINT64_C(86400000)
#define CT_LIST_FRESH_MS (CT_LIST_FRESH_DAYS * CT_DAY_MS)

/* What is known of the SCTs that count: one a log. */
struct facts {
	uint64_t lifetime_ms; /* notAfter - notBefore */
	bool list_stale;
	size_t scts; /* that the certificate carries, of whatever worth */
	size_t logs;
	size_t operators;
	size_t current; /* from logs that are qualified, usable or readonly now */
	size_t rfc6962; /* from logs that are not tiled */
};

/* How many logs and operators this policy asks of such a certificate. */
void policy_needs(enum ct_policy policy, const struct facts *facts, size_t *ret_logs,
	size_t *ret_operators);

enum ct_verdict policy_judge(enum ct_policy policy, const struct facts *facts);
