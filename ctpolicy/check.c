/* SPDX-License-Identifier: MIT */
/* From a certificate and its SCTs to facts: which of them count, and whose logs they are from.
 */
#include "ctpolicy/crypto.h"
#include "ctpolicy/entry.h"
#include "ctpolicy/loglist.h"
#include "ctpolicy/policy.h"
#include "ctpolicy/sct.h"
#include <string.h>

/* One check under way. */
struct check {
	const struct ct_log_list *list;
	const struct certificate *leaf;
	uint64_t now_ms;
	struct entry entry;
	struct ct_report *report;
	struct sct scts[CT_SCTS_MAX]; /* as report->scts */
	struct facts facts;
};

/* Which SCTs there are. The list is read to its end: one that is malformed anywhere is worth
 * nothing. */
static bool read_scts(struct check *check)
{
	struct ct_report *report = check->report;
	struct reader items;

	if (!check->leaf->has_scts)
		return true;
	if (!scts_open(check->leaf->scts, &items))
		return false;
	for (;;) {
		struct sct sct = {0};
		enum sct_parse parsed = scts_next(&items, &sct);
		struct ct_sct_report *out;

		if (parsed == SCT_END || parsed == SCT_MALFORMED)
			return parsed == SCT_END;
		if (report->n_scts == CT_SCTS_MAX) {
			report->scts_left_out++;
			continue;
		}
		check->scts[report->n_scts] = sct;
		out = &report->scts[report->n_scts++];
		out->origin = CT_ORIGIN_EMBEDDED;
		out->status = CT_SCT_UNKNOWN_VERSION;
		if (parsed == SCT_OTHER_VERSION)
			continue;
		out->status = CT_SCT_VALID; /* until something speaks against it */
		memcpy(out->log_id, sct.log_id.data, CT_LOG_ID_SIZE);
		out->timestamp_ms = sct.timestamp_ms;
	}
}

/* What the log's state says of an SCT of this time. */
static enum ct_sct_status judge_log(const struct ct_log *log, uint64_t timestamp_ms)
{
	if (log->barred)
		return CT_SCT_LOG_BARRED;
	switch (log->state) {
	case CT_LOG_STATELESS: return CT_SCT_LOG_STATELESS;
	case CT_LOG_PENDING: return CT_SCT_LOG_PENDING;
	case CT_LOG_REJECTED: return CT_SCT_LOG_REJECTED;
	case CT_LOG_RETIRED:
		return timestamp_ms < log->state_since_ms ? CT_SCT_VALID
							  : CT_SCT_AFTER_RETIREMENT;
	case CT_LOG_QUALIFIED:
	case CT_LOG_USABLE:
	case CT_LOG_READONLY: break;
	}
	return CT_SCT_VALID;
}

static bool log_counted(const struct ct_report *report, size_t n, const struct ct_log *log)
{
	for (size_t i = 0; i < n; i++)
		if (report->scts[i].status == CT_SCT_VALID && report->scts[i].log == log)
			return true;
	return false;
}

/* Everything but the signature, which costs most and so comes last. */
static enum ct_sct_status judge_cheaply(const struct check *check, size_t i)
{
	const struct ct_sct_report *sct = &check->report->scts[i];
	uint64_t not_after_ms = check->leaf->not_after_ms;
	const struct log_entry *entry = log_list_entry(check->list, sct->log_id);
	enum ct_sct_status status;

	if (entry == NULL)
		return CT_SCT_UNKNOWN_LOG;
	if (!log_key_signs_with(entry->key, check->scts[i].hash, check->scts[i].algorithm))
		return CT_SCT_UNKNOWN_ALGORITHM;
	status = judge_log(&entry->log, sct->timestamp_ms);
	if (status != CT_SCT_VALID)
		return status;
	if (sct->timestamp_ms > check->now_ms)
		return CT_SCT_IN_FUTURE;
	if (not_after_ms < entry->log.interval_start_ms ||
		not_after_ms >= entry->log.interval_end_ms)
		return CT_SCT_OUTSIDE_INTERVAL;
	if (log_counted(check->report, i, &entry->log))
		return CT_SCT_DUPLICATE;
	return CT_SCT_VALID;
}

/* CT_E_NOMEM is the only failure. */
static enum ct_err judge_sct(struct check *check, size_t i)
{
	struct ct_sct_report *sct = &check->report->scts[i];
	const struct log_entry *entry = log_list_entry(check->list, sct->log_id);
	struct ct_bytes signed_data;
	enum ct_err err;

	if (sct->status != CT_SCT_VALID)
		return CT_OK;
	sct->status = judge_cheaply(check, i);
	if (entry != NULL) {
		sct->log = &entry->log;
		sct->operator_name = log_operator_at(entry, sct->timestamp_ms);
	}
	if (sct->status != CT_SCT_VALID)
		return CT_OK;
	/* Not valid until it is verified, whatever happens on the way. */
	sct->status = CT_SCT_BAD_SIGNATURE;
	signed_data =
		entry_complete(&check->entry, sct->timestamp_ms, check->scts[i].extensions);
	err = log_key_verify(entry->key, signed_data, check->scts[i].signature);
	if (err == CT_OK)
		sct->status = CT_SCT_VALID;
	return err == CT_E_NOMEM ? CT_E_NOMEM : CT_OK;
}

/* Does an SCT before the n-th count that is of this operator? */
static bool operator_counted(const struct ct_report *report, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (report->scts[i].status == CT_SCT_VALID &&
			strcmp(report->scts[i].operator_name, name) == 0)
			return true;
	return false;
}

static void gather(struct check *check)
{
	const struct ct_report *report = check->report;
	struct facts *facts = &check->facts;

	facts->scts = report->n_scts;
	for (size_t i = 0; i < report->n_scts; i++) {
		const struct ct_sct_report *sct = &report->scts[i];

		if (sct->status != CT_SCT_VALID)
			continue;
		facts->logs++;
		if (sct->log->state != CT_LOG_RETIRED ||
			check->now_ms < sct->log->state_since_ms)
			facts->current++;
		if (!sct->log->tiled)
			facts->rfc6962++;
		if (!operator_counted(report, i, sct->operator_name))
			facts->operators++;
	}
}

static enum ct_err prepare_entry(struct check *check, const struct ct_evidence *evidence)
{
	uint8_t issuer_key_hash[SHA256_SIZE];
	struct certificate issuer;
	size_t extensions_max = 0;
	enum ct_err err;

	if (!certificate_parse(evidence->issuer, &issuer))
		return CT_E_MALFORMED;
	err = sha256(issuer.spki, issuer_key_hash);
	if (err != CT_OK)
		return err;
	for (size_t i = 0; i < check->report->n_scts; i++)
		if (check->scts[i].extensions.size > extensions_max)
			extensions_max = check->scts[i].extensions.size;
	return entry_new(check->leaf, issuer_key_hash, extensions_max, &check->entry);
}

static enum ct_verdict judge(struct check *check, const struct ct_evidence *evidence)
{
	struct ct_report *report = check->report;
	enum ct_err err = CT_OK;

	if (!read_scts(check)) {
		report->n_scts = report->scts_left_out = 0;
		return CT_MALFORMED;
	}
	if (report->n_scts > 0)
		err = prepare_entry(check, evidence);
	for (size_t i = 0; err == CT_OK && i < report->n_scts; i++)
		err = judge_sct(check, i);
	entry_free(&check->entry);
	if (err != CT_OK) {
		report->n_scts = 0; /* not all of them are judged */
		return err == CT_E_NOMEM ? CT_NOMEM : CT_MALFORMED;
	}
	gather(check);
	report->logs = check->facts.logs;
	report->operators = check->facts.operators;
	return policy_judge(report->policy, &check->facts);
}

enum ct_verdict ct_check(const struct ct_log_list *list, enum ct_policy policy,
	const struct ct_evidence *evidence, uint64_t now_ms, struct ct_report *report)
{
	uint64_t age_ms = now_ms > list->timestamp_ms ? now_ms - list->timestamp_ms : 0;
	struct certificate leaf = {0};
	struct check check = {.list = list, .leaf = &leaf, .now_ms = now_ms, .report = report};
	bool parsed = certificate_parse(evidence->leaf, &leaf) &&
		      leaf.not_before_ms <= leaf.not_after_ms;

	*report = (struct ct_report){
		.verdict = CT_MALFORMED,
		.policy = policy,
		.list_stale = age_ms > CT_LIST_FRESH_MS,
		.list_age_days = (uint32_t)(age_ms / CT_DAY_MS),
	};
	check.facts.list_stale = report->list_stale;
	if (parsed)
		check.facts.lifetime_ms = leaf.not_after_ms - leaf.not_before_ms;
	report->lifetime_days =
		(uint32_t)((check.facts.lifetime_ms + CT_DAY_MS - 1) / CT_DAY_MS);
	policy_needs(policy, &check.facts, &report->logs_needed, &report->operators_needed);
	if (parsed)
		report->verdict = judge(&check, evidence);
	return report->verdict;
}
