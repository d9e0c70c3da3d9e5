/* SPDX-License-Identifier: MIT */
#include "resolver/validation.h"
#include "resolver/reader.h"
#include <stdlib.h>
#include <string.h>

/* How long a bogus answer is kept (RFC 9520 section 3.2); the judge's own facts last longer. */
enum { BOGUS_KEPT_S = 5 };

struct validation {
	struct lookups *lookups;
	struct snapshot *snapshot; /* its owner has a reference */
	struct waiter waiter;
	void (*done)(void *owner, struct answer *);
	void *owner;
	struct validation_room *room;
	bool dnssec_ok;
	struct dnssec_work work;
	struct dnssec_verdict verdict;
	size_t question_size, size;
	uint8_t message[];
};

static bool is_good(const struct dnssec_verdict *verdict)
{
	return verdict->result == DNSSEC_SECURE || verdict->result == DNSSEC_INSECURE;
}

static struct answer servfail(const struct dnssec_verdict *verdict)
{
	return (struct answer){
		.low = RCODE_SERVFAIL | FLAG_RA,
		.bogus = verdict->result == DNSSEC_BOGUS,
		.negative = true,
		.lifetime_s = BOGUS_KEPT_S,
		.ede = verdict->ede,
		.ede_text = {(const uint8_t *)verdict->why, strlen(verdict->why)},
	};
}

static void bound_ttl(struct answer *answer, uint32_t max_ttl_s)
{
	if (answer->lifetime_s > max_ttl_s)
		answer->lifetime_s = max_ttl_s;
	if (answer->max_ttl_s > max_ttl_s)
		answer->max_ttl_s = max_ttl_s;
}

static void validation_end(struct validation *v)
{
	struct wire message = {v->room->message, 0};
	struct wire question = {v->message + MESSAGE_HEADER_SIZE, v->question_size};
	struct answer answer;

	if (is_good(&v->verdict))
		message.size = dnssec_strip((struct wire){v->message, v->size}, v->dnssec_ok,
			v->verdict.result == DNSSEC_SECURE, v->room->message,
			sizeof v->room->message);
	if (message.size == 0 ||
		!message_read_answer(question, message, &v->room->answer, &answer))
		answer = servfail(&v->verdict);
	else
		bound_ttl(&answer, v->verdict.max_ttl_s);
	v->done(v->owner, &answer);
	free(v);
}

static uint64_t now_s(struct validation *v)
{
	struct ct_clock clock = clock_now(v->snapshot->clock);

	v->work.clock_unset = clock.unset;
	return clock.now_ms / 1000;
}

/* For what the judge needs. */
static struct request request_of(const struct validation *v)
{
	const uint8_t *end = v->verdict.need + v->verdict.need_size;

	return (struct request){
		.rd = true,
		.cd = true,
		.edns = true,
		.dnssec_ok = true,
		.type = read16(end - 4),
		.class = CLASS_IN,
		.udp_size = MESSAGE_UDP_SIZE,
		.question = {v->verdict.need, v->verdict.need_size},
	};
}

/* answer: NULL, and why. */
static void learn(struct validation *v, const struct answer *answer, const char *why)
{
	struct request request = request_of(v);
	struct wire message = {v->room->learnt, 0};

	if (answer != NULL)
		message.size = message_write_reply(
			&request, answer, v->room->learnt, sizeof v->room->learnt);
	dnssec_learn(v->snapshot->dnssec, request.question, message, why, now_s(v), &v->work);
}

/* False: its answer is waited for. */
static bool look_up(struct validation *v)
{
	struct request request = request_of(v);
	struct cache_key key;
	struct answer answer;
	bool due;

	lookup_key(v->lookups, &request, &key);
	if (lookup_cached(v->lookups, &key, &answer, &due) == CACHE_FRESH) {
		learn(v, &answer, NULL);
		return true;
	}
	if (lookup_join(v->lookups, v->snapshot, &key, &request, &v->waiter))
		return false;
	learn(v, NULL, "out of memory");
	return true;
}

void validation_begin(struct validation *v)
{
	do {
		dnssec_judge(v->snapshot->dnssec, (struct wire){v->message, v->size}, now_s(v),
			&v->work, &v->verdict);
		if (v->verdict.result != DNSSEC_NEED) {
			validation_end(v);
			return;
		}
	} while (look_up(v));
}

static void on_answer(struct waiter *waiter, const struct lookup_end *end)
{
	struct validation *v = container_of(waiter, struct validation, waiter);

	learn(v, end->answer, end->why);
	validation_begin(v);
}

struct validation *validation_new(struct lookups *lookups, struct snapshot *snapshot,
	struct validation_room *room, const struct request *request, struct wire message,
	void (*done)(void *owner, struct answer *), void *owner)
{
	struct validation *v = malloc(sizeof *v + message.size);

	if (v == NULL)
		return NULL;
	*v = (struct validation){
		.lookups = lookups,
		.snapshot = snapshot,
		.room = room,
		.waiter = {.done = on_answer},
		.done = done,
		.owner = owner,
		.dnssec_ok = request->dnssec_ok,
		.question_size = request->question.size,
		.size = message.size,
	};
	list_init(&v->waiter.node);
	memcpy(v->message, message.data, message.size);
	return v;
}

void validation_cancel(struct validation *v)
{
	if (v == NULL)
		return;
	lookup_leave(&v->waiter);
	free(v);
}
