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
	const struct ct_evidence *evidence;
	const struct certificate *leaf;
	struct ct_clock clock;
	struct entry precert, x509; /* what embedded SCTs were made over, and all others */
	struct ct_report *report;
	struct sct scts[CT_SCTS_MAX]; /* as report->scts */
};

/* The list is read to its end: one that is malformed anywhere is worth nothing. */
static bool read_list(struct check *check, struct ct_bytes list, enum ct_sct_origin origin)
{
	struct ct_report *report = check->report;
	struct reader items;

	if (!ctp_scts_open(list, &items))
		return false;
	for (;;) {
		struct sct sct = {0};
		enum sct_parse parsed = ctp_scts_next(&items, &sct);
		struct ct_sct_report *out;

		if (parsed == SCT_END || parsed == SCT_MALFORMED)
			return parsed == SCT_END;
		if (report->n_scts == CT_SCTS_MAX) {
			report->scts_left_out++;
			continue;
		}
		check->scts[report->n_scts] = sct;
		out = &report->scts[report->n_scts++];
		out->origin = origin;
		out->status = CT_SCT_UNKNOWN_VERSION;
		if (parsed == SCT_OTHER_VERSION)
			continue;
		out->status = CT_SCT_VALID; /* until something speaks against it */
		memcpy(out->log_id, sct.log_id.data, CT_LOG_ID_SIZE);
		out->timestamp_ms = sct.timestamp_ms;
	}
}

/* Which SCTs there are. */
static bool read_scts(struct check *check)
{
	const struct ct_evidence *evidence = check->evidence;

	return (!check->leaf->has_scts ||
		       read_list(check, check->leaf->scts, CT_ORIGIN_EMBEDDED)) &&
	       (evidence->tls_scts.size == 0 ||
		       read_list(check, evidence->tls_scts, CT_ORIGIN_TLS)) &&
	       (evidence->ocsp_scts.size == 0 ||
		       read_list(check, evidence->ocsp_scts, CT_ORIGIN_OCSP));
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

static bool is_current(const struct ct_log *log, struct ct_clock clock)
{
	return log->state != CT_LOG_RETIRED || clock.now_ms < log->state_since_ms;
}

/* Does one of the first `n` SCTs count that came by one of `origins`, of this log? */
static bool log_counted(
	const struct ct_report *report, size_t n, unsigned origins, const struct ct_log *log)
{
	for (size_t i = 0; i < n; i++)
		if (report->scts[i].status == CT_SCT_VALID && report->scts[i].log == log &&
			(origins & 1U << report->scts[i].origin) != 0)
			return true;
	return false;
}

/* What the policy says of the way it came. */
static enum ct_sct_status judge_way(
	const struct check *check, enum ct_sct_origin origin, const struct ct_log *log)
{
	const struct ct_report *report = check->report;

	if (origin == CT_ORIGIN_OCSP && !ctp_policy_takes_ocsp(report->policy))
		return CT_SCT_NOT_FROM_OCSP;
	if (origin == CT_ORIGIN_TLS && report->policy != CT_POLICY_TWO_LOGS &&
		!report->list_stale && !is_current(log, check->clock))
		return CT_SCT_LOG_NOT_CURRENT;
	return CT_SCT_VALID;
}

/* Everything but the signature, which costs most and so comes last. */
static enum ct_sct_status judge_cheaply(const struct check *check, size_t i)
{
	const struct ct_sct_report *sct = &check->report->scts[i];
	uint64_t not_after_ms = check->leaf->not_after_ms;
	const struct log_entry *entry = ctp_log_list_entry(check->list, sct->log_id);
	enum ct_sct_status status;

	if (entry == NULL)
		return CT_SCT_UNKNOWN_LOG;
	if (!ctp_log_key_signs_with(entry->key, check->scts[i].hash, check->scts[i].algorithm))
		return CT_SCT_UNKNOWN_ALGORITHM;
	status = judge_log(&entry->log, sct->timestamp_ms);
	if (status == CT_SCT_VALID)
		status = judge_way(check, sct->origin, &entry->log);
	if (status != CT_SCT_VALID)
		return status;
	if (sct->timestamp_ms > check->clock.now_ms && !check->clock.unset)
		return CT_SCT_IN_FUTURE;
	if (not_after_ms < entry->log.interval_start_ms ||
		not_after_ms >= entry->log.interval_end_ms)
		return CT_SCT_OUTSIDE_INTERVAL;
	if (log_counted(check->report, i, 1U << sct->origin, &entry->log))
		return CT_SCT_DUPLICATE;
	return CT_SCT_VALID;
}

/* CT_E_NOMEM is the only failure. */
static enum ct_err judge_sct(struct check *check, size_t i)
{
	struct ct_sct_report *sct = &check->report->scts[i];
	const struct log_entry *entry = ctp_log_list_entry(check->list, sct->log_id);
	struct ct_bytes signed_data;
	enum ct_err err;

	if (sct->status != CT_SCT_VALID)
		return CT_OK;
	sct->status = judge_cheaply(check, i);
	if (entry != NULL) {
		sct->log = &entry->log;
		sct->operator_name = ctp_log_operator_at(entry, sct->timestamp_ms);
	}
	if (sct->status != CT_SCT_VALID)
		return CT_OK;
	/* Not valid until it is verified, whatever happens on the way. */
	sct->status = CT_SCT_BAD_SIGNATURE;
	signed_data = ctp_entry_complete(
		sct->origin == CT_ORIGIN_EMBEDDED ? &check->precert : &check->x509,
		sct->timestamp_ms, check->scts[i].extensions);
	err = ctp_log_key_verify(entry->key, signed_data, check->scts[i].signature);
	if (err == CT_OK)
		sct->status = CT_SCT_VALID;
	return err == CT_E_NOMEM ? CT_E_NOMEM : CT_OK;
}

/* Does one of the first `n` SCTs count that is of this operator? */
static bool operator_counted(
	const struct ct_report *report, size_t n, unsigned origins, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (report->scts[i].status == CT_SCT_VALID &&
			(origins & 1U << report->scts[i].origin) != 0 &&
			strcmp(report->scts[i].operator_name, name) == 0)
			return true;
	return false;
}

/* An SCT of the same log that came another way is one log all the same. */
static struct tally count(const struct check *check, unsigned origins)
{
	const struct ct_report *report = check->report;
	struct tally tally = {0};

	for (size_t i = 0; i < report->n_scts; i++) {
		const struct ct_sct_report *sct = &report->scts[i];

		if ((origins & 1U << sct->origin) == 0)
			continue;
		tally.scts++;
		if (sct->status != CT_SCT_VALID || log_counted(report, i, origins, sct->log))
			continue;
		tally.logs++;
		if (is_current(sct->log, check->clock))
			tally.current++;
		if (!sct->log->tiled)
			tally.rfc6962++;
		if (!operator_counted(report, i, origins, sct->operator_name))
			tally.operators++;
	}
	return tally;
}

/* The same of those alone whose log is current. */
static struct tally count_current(const struct check *check)
{
	struct ct_report only = *check->report;
	struct check narrowed = *check;

	narrowed.report = &only;
	for (size_t i = 0; i < only.n_scts; i++)
		if (only.scts[i].status == CT_SCT_VALID &&
			!is_current(only.scts[i].log, check->clock))
			only.scts[i].status = CT_SCT_LOG_NOT_CURRENT;
	return count(&narrowed, BY_ANY);
}

static struct facts gather(const struct check *check)
{
	struct facts facts = {
		.list_stale = check->report->list_stale,
		.all = count(check, BY_ANY),
		.embedded = count(check, BY_EMBEDDING),
		.tls = count(check, BY_TLS),
		.current = count_current(check),
	};

	if (check->leaf->not_after_ms > check->leaf->not_before_ms)
		facts.lifetime_ms = check->leaf->not_after_ms - check->leaf->not_before_ms;
	return facts;
}

static void judge_policy(struct check *check)
{
	struct ct_report *report = check->report;
	struct facts facts = gather(check);
	struct judgement judgement = ctp_policy_judge(report->policy, &facts);

	report->verdict = judgement.verdict;
	report->origins = judgement.origins;
	report->logs = judgement.tally.logs;
	report->operators = judgement.tally.operators;
	report->logs_needed = judgement.logs_needed;
	report->operators_needed = judgement.operators_needed;
	report->lifetime_days = (uint32_t)((facts.lifetime_ms + CT_DAY_MS - 1) / CT_DAY_MS);
}

static enum ct_err prepare_entries(struct check *check)
{
	const struct ct_report *report = check->report;
	uint8_t issuer_key_hash[SHA256_SIZE];
	struct certificate issuer;
	size_t extensions_max = 0;
	enum ct_err err;

	if (!ctp_certificate_parse(check->evidence->issuer, &issuer))
		return CT_E_MALFORMED;
	err = ctp_sha256(issuer.spki, issuer_key_hash);
	for (size_t i = 0; i < report->n_scts; i++)
		if (check->scts[i].extensions.size > extensions_max)
			extensions_max = check->scts[i].extensions.size;
	if (err == CT_OK && check->leaf->has_scts)
		err = ctp_entry_new(check->leaf, ENTRY_PRECERT, issuer_key_hash, extensions_max,
			&check->precert);
	if (err == CT_OK &&
		(check->evidence->tls_scts.size > 0 || check->evidence->ocsp_scts.size > 0))
		err = ctp_entry_new(
			check->leaf, ENTRY_X509, NULL, extensions_max, &check->x509);
	return err;
}

static enum ct_err judge_scts(struct check *check)
{
	enum ct_err err = CT_OK;

	if (check->report->n_scts > 0)
		err = prepare_entries(check);
	for (size_t i = 0; err == CT_OK && i < check->report->n_scts; i++)
		err = judge_sct(check, i);
	ctp_entry_free(&check->precert);
	ctp_entry_free(&check->x509);
	return err;
}

enum ct_verdict ct_check(const struct ct_log_list *list, enum ct_policy policy,
	const struct ct_evidence *evidence, struct ct_clock clock, struct ct_report *report)
{
	uint64_t made_ms = list->timestamp_ms;
	uint64_t age_ms = clock.now_ms > made_ms ? clock.now_ms - made_ms : 0;
	struct certificate leaf = {0};
	struct check check = {.list = list,
		.evidence = evidence,
		.leaf = &leaf,
		.clock = clock,
		.report = report};
	bool parsed = ctp_certificate_parse(evidence->leaf, &leaf) &&
		      leaf.not_before_ms <= leaf.not_after_ms;
	enum ct_err err = CT_E_MALFORMED;

	*report = (struct ct_report){
		.policy = policy,
		.list_stale = age_ms > CT_LIST_FRESH_MS || clock.unset,
		.clock_unset = clock.unset,
		.list_age_days = (uint32_t)(age_ms / CT_DAY_MS),
	};
	if (parsed && read_scts(&check))
		err = judge_scts(&check);
	if (err != CT_OK)
		report->n_scts = report->scts_left_out = 0; /* not all of them are judged */
	judge_policy(&check);
	if (err != CT_OK)
		report->verdict = err == CT_E_NOMEM ? CT_NOMEM : CT_MALFORMED;
	return report->verdict;
}
