/* SPDX-License-Identifier: MIT */
#include "ctpolicy/policy.h"
#include <string.h>

enum { SHORT_LIFETIME_DAYS = 180 };

bool ctp_policy_takes_ocsp(enum ct_policy policy)
{
	return policy == CT_POLICY_TWO_LOGS;
}

/* Chrome's: notAfter - notBefore. Apple's lifetime includes its last second, and any excess
 * over whole days makes one more: so exactly 180 days are 181 of Apple's. */
static bool long_lived(enum ct_policy policy, uint64_t lifetime_ms)
{
	uint64_t limit = SHORT_LIFETIME_DAYS * CT_DAY_MS;

	return policy == CT_POLICY_APPLE ? lifetime_ms >= limit : lifetime_ms > limit;
}

/* Apple says of operators: at most one SCT of each counts where two are needed, at most two
 * where three are. Enough logs of two operators always fulfil that, those of one never do. */
static enum ct_verdict judge_numbers(const struct judgement *judgement)
{
	if (judgement->tally.scts == 0)
		return CT_NO_SCTS;
	if (judgement->tally.logs < judgement->logs_needed)
		return CT_NOT_ENOUGH_SCTS;
	if (judgement->tally.operators < judgement->operators_needed)
		return CT_NOT_DIVERSE_SCTS;
	return CT_COMPLIANT;
}

/* The policy two-logs, and what is left of the others while the list is stale. */
static struct judgement judge_together(const struct facts *facts)
{
	struct judgement judgement = {
		.origins = BY_ANY,
		.tally = facts->all,
		.logs_needed = 2,
		.operators_needed = facts->list_stale ? 2 : 1,
	};

	judgement.verdict = judge_numbers(&judgement);
	return judgement;
}

/* What the makers of browsers ask of one certificate's SCTs. */
static struct judgement judge_embedded(enum ct_policy policy, const struct facts *facts)
{
	struct judgement judgement = {
		.origins = BY_EMBEDDING | BY_OCSP,
		.tally = facts->embedded,
		.logs_needed = long_lived(policy, facts->lifetime_ms) ? 3 : 2,
		.operators_needed = 2,
	};

	/* Those of OCSP responses never count, but they are there, and a refusal speaks of
	 * them. */
	judgement.tally.scts += facts->all.scts - facts->embedded.scts - facts->tls.scts;
	judgement.verdict = judge_numbers(&judgement);
	if (judgement.verdict != CT_COMPLIANT)
		return judgement;
	if (judgement.tally.current == 0)
		judgement.verdict = CT_NO_CURRENT_LOG;
	else if (policy == CT_POLICY_APPLE && judgement.tally.rfc6962 == 0)
		judgement.verdict = CT_NO_RFC6962_LOG;
	return judgement;
}

/* Chrome wants them all by TLS, Apple one of them. */
static struct judgement judge_tls(enum ct_policy policy, const struct facts *facts)
{
	bool mixed = policy == CT_POLICY_APPLE && facts->tls.logs > 0;
	struct judgement judgement = {
		.origins = mixed ? BY_EMBEDDING | BY_TLS : BY_TLS,
		.tally = mixed ? facts->current : facts->tls,
		.logs_needed = 2,
		.operators_needed = 2,
	};

	judgement.verdict = judge_numbers(&judgement);
	if (judgement.verdict == CT_COMPLIANT && policy == CT_POLICY_APPLE &&
		judgement.tally.rfc6962 == 0)
		judgement.verdict = CT_NO_RFC6962_LOG;
	return judgement;
}

struct judgement ctp_policy_judge(enum ct_policy policy, const struct facts *facts)
{
	struct judgement embedded, tls;

	if (policy == CT_POLICY_TWO_LOGS || facts->list_stale)
		return judge_together(facts);
	embedded = judge_embedded(policy, facts);
	if (embedded.verdict == CT_COMPLIANT || facts->tls.scts == 0)
		return embedded;
	tls = judge_tls(policy, facts);
	/* Of two refusals, the one that there is more to say about. */
	return tls.verdict == CT_COMPLIANT || facts->embedded.scts == 0 ? tls : embedded;
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
