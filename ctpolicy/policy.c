/* SPDX-License-Identifier: MIT */
#include "ctpolicy/policy.h"
#include <string.h>

enum { SHORT_LIFETIME_DAYS = 180 };

/* Chrome's: notAfter - notBefore. Apple's lifetime includes its last second, and any excess
 * over whole days makes one more: so exactly 180 days are 181 of Apple's. */
static bool long_lived(enum ct_policy policy, uint64_t lifetime_ms)
{
	uint64_t limit = SHORT_LIFETIME_DAYS * CT_DAY_MS;

	return policy == CT_POLICY_APPLE ? lifetime_ms >= limit : lifetime_ms > limit;
}

void policy_needs(enum ct_policy policy, const struct facts *facts, size_t *ret_logs,
	size_t *ret_operators)
{
	bool more = policy != CT_POLICY_TWO_LOGS && !facts->list_stale &&
		    long_lived(policy, facts->lifetime_ms);

	*ret_logs = more ? 3 : 2;
	/* Apple says it otherwise: of one operator at most one SCT counts where two are needed,
	 * at most two where three are. Enough logs of two operators always fulfil that, and
	 * those of one never do. */
	*ret_operators = policy == CT_POLICY_TWO_LOGS && !facts->list_stale ? 1 : 2;
}

enum ct_verdict policy_judge(enum ct_policy policy, const struct facts *facts)
{
	size_t logs, operators;

	policy_needs(policy, facts, &logs, &operators);
	if (facts->scts == 0)
		return CT_NO_SCTS;
	if (facts->logs < logs)
		return CT_NOT_ENOUGH_SCTS;
	if (facts->operators < operators)
		return CT_NOT_DIVERSE_SCTS;
	if (policy == CT_POLICY_TWO_LOGS || facts->list_stale)
		return CT_COMPLIANT;
	if (facts->current == 0)
		return CT_NO_CURRENT_LOG;
	if (policy == CT_POLICY_APPLE && facts->rfc6962 == 0)
		return CT_NO_RFC6962_LOG;
	return CT_COMPLIANT;
}

static const char *const POLICY_NAMES[] = {
	[CT_POLICY_TWO_LOGS] = "two-logs",
	[CT_POLICY_CHROME] = "chrome",
	[CT_POLICY_APPLE] = "apple",
};

const char *ct_policy_name(enum ct_policy policy)
{
	return policy < sizeof POLICY_NAMES / sizeof *POLICY_NAMES ? POLICY_NAMES[policy] : "?";
}

bool ct_policy_from_name(const char *name, enum ct_policy *ret_policy)
{
	for (size_t i = 0; i < sizeof POLICY_NAMES / sizeof *POLICY_NAMES; i++) {
		if (strcmp(name, POLICY_NAMES[i]) != 0)
			continue;
		*ret_policy = (enum ct_policy)i;
		return true;
	}
	return false;
}
