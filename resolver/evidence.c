/* SPDX-License-Identifier: MIT */
#include "resolver/evidence.h"
#include "ctpolicy/report_json.h"
#include "resolver/log.h"
#include "resolver/statedir.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Refusals have a bound of their own: an endless row of forged certificates must not push out
 * what was accepted. So has what a stale list accepts: once there is no fresh one, what was
 * accepted by that cannot be learnt again. */
enum { FRESH_MAX = 128, STALE_MAX = 64, REFUSED_MAX = 64 };

enum {
	RECORDS_MAX = FRESH_MAX + STALE_MAX + REFUSED_MAX,
	LINE_MAX = 16384,
	FILE_SIZE_MAX = RECORDS_MAX * LINE_MAX,
};

/* The file may be on flash memory, which wears off: after each write the next one waits for
 * eight times as long, up to a day, so that an upstream with two certificates in turn costs one
 * a day. After a day without any, what is new is written at once. */
enum { WRITE_AFTER_MS = 100, WRITE_SLOWER = 8, WRITE_AFTER_MAX_MS = 24 * 3600 * 1000 };

struct record {
	char *line; /* as in the file, without the line feed */
	char *upstream, *reason;
	char leaf[65], leaf_spki[65], issuer_spki[65]; /* SHA-256 in hexadecimal */
	enum ct_policy policy;
	bool accepted, fresh; /* fresh: so was the log list */
};

struct evidence {
	struct loop *loop;
	struct accepted_before accepted_before;
	pthread_mutex_t mutex;               /* of the next three */
	struct record *records[RECORDS_MAX]; /* the oldest first */
	size_t n;
	bool unsaved;
	bool failed; /* it was said that it cannot be written */
	bool waits;  /* until it may be written */
	uint64_t written_ms, write_after_ms;
	struct timer timer;
};

static void record_free(struct record *record)
{
	if (record == NULL)
		return;
	free(record->line);
	free(record->upstream);
	free(record->reason);
	free(record);
}

static void copy_hex(char to[65], const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text != NULL && strlen(text) == 64)
		memcpy(to, text, 65);
}

/* From a line of the file. NULL: it is not one, or no memory. */
static struct record *record_parse(const char *line, size_t size)
{
	json_t *object =
		size < LINE_MAX ? json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *upstream = json_string_value(json_object_get(object, "upstream"));
	const char *verdict = json_string_value(json_object_get(object, "verdict"));
	const char *policy = json_string_value(json_object_get(object, "policy"));
	const char *reason = json_string_value(json_object_get(object, "reason"));
	const json_t *leaf = json_object_get(object, "leaf");
	struct record *record = calloc(1, sizeof *record);

	if (record != NULL) {
		record->line = strndup(line, size);
		record->upstream = strdup(upstream != NULL ? upstream : "");
		record->reason = strdup(reason != NULL ? reason : "");
		record->accepted = verdict != NULL && strcmp(verdict, "accept") == 0;
		record->fresh = json_is_false(json_object_get(object, "log_list_stale"));
		copy_hex(record->leaf, leaf, "sha256");
		copy_hex(record->leaf_spki, leaf, "spki_sha256");
		copy_hex(record->issuer_spki, json_object_get(object, "issuer"), "spki_sha256");
	}
	if (record == NULL || record->line == NULL || record->upstream == NULL ||
		record->reason == NULL || verdict == NULL || policy == NULL ||
		record->leaf[0] == '\0' || !ct_policy_from_name(policy, &record->policy)) {
		record_free(record);
		record = NULL;
	}
	json_decref(object);
	return record;
}

static void take_out(struct evidence *evidence, size_t i)
{
	record_free(evidence->records[i]);
	evidence->n--;
	memmove(&evidence->records[i], &evidence->records[i + 1],
		(evidence->n - i) * sizeof *evidence->records);
}

/* How many there may be that ended like this one. */
static size_t most_like(const struct record *record)
{
	if (!record->accepted)
		return REFUSED_MAX;
	return record->fresh ? FRESH_MAX : STALE_MAX;
}

static bool is_like(const struct record *a, const struct record *b)
{
	return a->accepted == b->accepted && (!a->accepted || a->fresh == b->fresh);
}

/* Makes room first: the oldest that ended in the same way goes. */
static void keep(struct evidence *evidence, struct record *record)
{
	size_t most = most_like(record), same = 0;
	size_t oldest = evidence->n;

	for (size_t i = evidence->n; i-- > 0;) {
		if (!is_like(evidence->records[i], record))
			continue;
		same++;
		oldest = i;
	}
	if (same == most)
		take_out(evidence, oldest);
	evidence->records[evidence->n++] = record;
}

static void read_lines(struct evidence *evidence, char *text, size_t size)
{
	size_t bad = 0;

	for (char *at = text, *end = text + size, *feed; at < end; at = feed + 1) {
		struct record *record;

		feed = memchr(at, '\n', (size_t)(end - at));
		if (feed == NULL)
			feed = end;
		record = record_parse(at, (size_t)(feed - at));
		if (record != NULL)
			keep(evidence, record);
		else
			bad++;
	}
	if (bad > 0)
		log_line(LOG_WARNING,
			"event=evidence why=\"%zu lines cannot be read, and are dropped\"",
			bad);
}

static void read_file(struct evidence *evidence)
{
	char path[4096];
	FILE *file =
		statedir_path(EVIDENCE_FILE, path, sizeof path) ? fopen(path, "rbe") : NULL;
	char *text = file != NULL ? malloc(FILE_SIZE_MAX) : NULL;

	if (text != NULL)
		read_lines(evidence, text, fread(text, 1, FILE_SIZE_MAX, file));
	free(text);
	if (file != NULL)
		fclose(file);
}

static bool write_lines(const struct evidence *evidence, FILE *file)
{
	for (size_t i = 0; i < evidence->n; i++)
		fprintf(file, "%s\n", evidence->records[i]->line);
	return fflush(file) == 0 && !ferror(file) && fdatasync(fileno(file)) == 0;
}

/* Beside the old one, then in its place: whenever the power fails, one of them is whole. */
static bool write_file(const struct evidence *evidence)
{
	char path[4096], new[4096];
	bool good = false;
	FILE *file = NULL;
	int fd;

	if (!statedir_path(EVIDENCE_FILE, path, sizeof path) ||
		!statedir_path(EVIDENCE_FILE ".new", new, sizeof new) || !statedir_make())
		return false;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	file = fdopen(fd, "wb");
	if (file == NULL) {
		close(fd);
		return false;
	}
	good = write_lines(evidence, file);
	good = fclose(file) == 0 && good;
	return good && rename(new, path) == 0;
}

static void save(struct evidence *evidence)
{
	bool good;

	if (!evidence->unsaved)
		return;
	evidence->unsaved = false;
	errno = 0;
	good = write_file(evidence);
	if (!good && !evidence->failed)
		log_line(LOG_WARNING,
			"event=evidence why=\"it cannot be written to the state directory: "
			"%s\"",
			strerror(errno));
	evidence->failed = !good;
}

static void save_locked(struct evidence *evidence)
{
	pthread_mutex_lock(&evidence->mutex);
	save(evidence);
	pthread_mutex_unlock(&evidence->mutex);
}

static void on_timer(struct timer *timer)
{
	struct evidence *evidence = container_of(timer, struct evidence, timer);

	evidence->waits = false;
	save_locked(evidence);
	evidence->written_ms = loop_now_ms(evidence->loop);
	evidence->write_after_ms *= WRITE_SLOWER;
	if (evidence->write_after_ms > WRITE_AFTER_MAX_MS)
		evidence->write_after_ms = WRITE_AFTER_MAX_MS;
}

void evidence_save_soon(struct evidence *evidence)
{
	bool unsaved;

	pthread_mutex_lock(&evidence->mutex);
	unsaved = evidence->unsaved;
	pthread_mutex_unlock(&evidence->mutex);
	if (!unsaved || evidence->waits)
		return;
	if (loop_now_ms(evidence->loop) - evidence->written_ms >= WRITE_AFTER_MAX_MS)
		evidence->write_after_ms = WRITE_AFTER_MS;
	evidence->waits =
		timer_start(evidence->loop, &evidence->timer, evidence->write_after_ms);
}

/* A policy that asked for less than the present one does not count. */
static bool has_accepted(
	const struct evidence *evidence, const char *leaf, enum ct_policy policy)
{
	for (size_t i = 0; i < evidence->n; i++) {
		const struct record *record = evidence->records[i];

		if (record->accepted && record->fresh && strcmp(record->leaf, leaf) == 0 &&
			(record->policy == policy || policy == CT_POLICY_TWO_LOGS))
			return true;
	}
	return false;
}

static bool ask(struct accepted_before *before, const uint8_t sha256[32], enum ct_policy policy)
{
	struct evidence *evidence = container_of(before, struct evidence, accepted_before);
	char leaf[65];
	bool has;

	report_hex(sha256, leaf);
	pthread_mutex_lock(&evidence->mutex);
	has = has_accepted(evidence, leaf, policy);
	pthread_mutex_unlock(&evidence->mutex);
	return has;
}

struct evidence *evidence_new(struct loop *loop)
{
	struct evidence *evidence = calloc(1, sizeof *evidence);

	if (evidence == NULL)
		return NULL;
	evidence->loop = loop;
	pthread_mutex_init(&evidence->mutex, NULL);
	evidence->timer.fired = on_timer;
	evidence->write_after_ms = WRITE_AFTER_MS;
	evidence->accepted_before.ask = ask;
	read_file(evidence);
	return evidence;
}

void evidence_free(struct evidence *evidence)
{
	if (evidence == NULL)
		return;
	timer_done(&evidence->timer);
	save(evidence);
	for (size_t i = 0; i < evidence->n; i++)
		record_free(evidence->records[i]);
	pthread_mutex_destroy(&evidence->mutex);
	free(evidence);
}

struct accepted_before *evidence_accepted_before(struct evidence *evidence)
{
	return &evidence->accepted_before;
}

static const char *hex(const struct octets *octets, char text[65])
{
	return octets->size == 32 ? report_hex(octets->bytes, text) : NULL;
}

/* What is not known is left out. */
static json_t *to_json(const struct trace_event *event, uint64_t now_ms)
{
	const struct verdict *verdict = event->verdict;
	char text[512], now[32], until[32], leaf[65], leaf_spki[65], issuer[65],
		issuer_spki[65];

	verdict_text(verdict, text, sizeof text);
	return json_pack("{s:s, s:s, s:{s:s*, s:s*, s:b}, s:s, s:s, s:s, s:b, s:I, s:b, "
			 "s:{s:s*, s:s*, s:s}, s:{s:s, s:s*, s:s*}, s:o}",
		"time", report_time(now_ms, now), "upstream", event->upstream, "tls", "version",
		event->tls.version, "group", event->tls.group, "post_quantum",
		event->tls.post_quantum, "verdict", verdict->accepted ? "accept" : "refuse",
		"reason", text, "policy", ct_policy_name(verdict->report.policy),
		"log_list_stale", verdict->report.list_stale, "log_list_age_days",
		(json_int_t)verdict->report.list_age_days, "accepted_before",
		verdict->accepted_before, "leaf", "sha256", hex(&verdict->leaf.sha256, leaf),
		"spki_sha256", hex(&verdict->leaf.spki, leaf_spki), "not_after",
		report_time(verdict->not_after_ms, until), "issuer", "name",
		verdict->issuer_name, "sha256", hex(&verdict->issuer.sha256, issuer),
		"spki_sha256", hex(&verdict->issuer.spki, issuer_spki), "scts",
		report_scts_json(&verdict->report));
}

/* The record of the same verdict on the same leaf; evidence->n: there is none. */
static size_t find_known(const struct evidence *evidence, const struct record *record)
{
	for (size_t i = 0; i < evidence->n; i++) {
		const struct record *known = evidence->records[i];

		if (known->accepted == record->accepted && known->fresh == record->fresh &&
			known->policy == record->policy &&
			strcmp(known->leaf, record->leaf) == 0 &&
			strcmp(known->upstream, record->upstream) == 0)
			return i;
	}
	return evidence->n;
}

/* What was said last of an upstream stands last: has anything been said of it after that? */
static bool said_since(const struct evidence *evidence, size_t known)
{
	for (size_t i = known + 1; i < evidence->n; i++)
		if (strcmp(evidence->records[i]->upstream,
			    evidence->records[known]->upstream) == 0)
			return true;
	return false;
}

/* Upstreams renew their certificates, and seldom change their CA. */
static void tell_change(
	const struct evidence *evidence, const struct record *record, const char *issuer_name)
{
	const struct record *last = NULL;
	char name[256];

	for (size_t i = 0; i < evidence->n; i++)
		if (evidence->records[i]->accepted &&
			strcmp(evidence->records[i]->upstream, record->upstream) == 0)
			last = evidence->records[i];
	if (last == NULL)
		return;
	if (strcmp(last->issuer_spki, record->issuer_spki) != 0)
		log_line(LOG_WARNING,
			"upstream=%s event=issuer-changed issuer=\"%s\" key=sha256:%s "
			"before=sha256:%s",
			record->upstream, log_text(issuer_name, name, sizeof name),
			record->issuer_spki, last->issuer_spki);
	else if (strcmp(last->leaf_spki, record->leaf_spki) != 0)
		log_line(LOG_NOTICE,
			"upstream=%s event=key-changed key=sha256:%s before=sha256:%s",
			record->upstream, record->leaf_spki, last->leaf_spki);
}

/* record: moved. */
static void add(struct evidence *evidence, struct record *record, const char *issuer_name)
{
	size_t known = find_known(evidence, record);

	if (known < evidence->n && !said_since(evidence, known) &&
		strcmp(evidence->records[known]->reason, record->reason) == 0) {
		record_free(record);
		return;
	}
	if (record->accepted)
		tell_change(evidence, record, issuer_name);
	if (known < evidence->n)
		take_out(evidence, known);
	keep(evidence, record);
	evidence->unsaved = true;
}

void evidence_note(struct evidence *evidence, const struct trace_event *event, uint64_t now_ms)
{
	json_t *object = to_json(event, now_ms);
	char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	struct record *record = line != NULL ? record_parse(line, strlen(line)) : NULL;

	free(line);
	json_decref(object);
	if (record == NULL)
		return;
	pthread_mutex_lock(&evidence->mutex);
	add(evidence, record, event->verdict->issuer_name);
	pthread_mutex_unlock(&evidence->mutex);
}
