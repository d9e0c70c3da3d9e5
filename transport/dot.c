/* SPDX-License-Identifier: MIT */
#include "transport/dot.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS_FIRST = 64,
	SLOTS_MAX = 16384,
	NO_SLOT = 0xffff,
	HEADER_SIZE = 12,
	PINGS_MAX = 4,       /* unanswered ones */
	UNACCEPTED_MAX = 16, /* in a row */
};

static const char UNASKED[] = "the server sent an answer to what was not asked";

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_FORGOTTEN, SLOT_PING };

/* A slot's index is the ID on the wire. */
struct slot {
	struct attempt *attempt;
	uint16_t next_free;
	uint8_t state;
};

struct dot {
	struct framing framing;
	struct slot *slots;
	size_t n_slots;
	uint16_t first_free, last_free; /* a queue: the ID that rested longest comes next */
	size_t taken;                   /* bytes of `in` that the last answer used */
	size_t take_from;               /* no slot below is waiting, while they are taken out */
	unsigned pings;                 /* that nobody has answered yet */
	unsigned unaccepted;            /* answers since the last that was accepted */
};

/* Any server has the answer at hand: ". NS", padded as all others are (RFC 8467). */
static const uint8_t PING[128] = {[2] = 0x01,
	[5] = 1,
	[11] = 1, /* RD, a question, an OPT */
	[14] = 2,
	[16] = 1, /* NS, IN */
	[19] = 41,
	[20] = 0x04,
	[21] = 0xd0, /* OPT, 1232 bytes */
	[27] = 100,
	[29] = 12,
	[31] = 96}; /* padding */

static struct dot *dot_of(struct framing *framing)
{
	return container_of(framing, struct dot, framing);
}

static void slot_release(struct dot *dot, uint16_t id)
{
	dot->slots[id] = (struct slot){.state = SLOT_FREE, .next_free = NO_SLOT};
	if (dot->first_free == NO_SLOT)
		dot->first_free = id;
	else
		dot->slots[dot->last_free].next_free = id;
	dot->last_free = id;
}

static enum transport_err slots_grow(struct dot *dot)
{
	size_t n = dot->n_slots > 0 ? dot->n_slots * 2 : SLOTS_FIRST;
	struct slot *slots;

	if (n > SLOTS_MAX)
		return TRANSPORT_BUSY;
	slots = realloc(dot->slots, n * sizeof *slots);
	if (slots == NULL)
		return TRANSPORT_NOMEM;
	dot->slots = slots;
	for (; dot->n_slots < n; dot->n_slots++)
		slot_release(dot, (uint16_t)dot->n_slots);
	return TRANSPORT_OK;
}

/* The next ID; NO_SLOT: none, *err says why. */
static uint16_t slot_take(struct dot *dot, enum transport_err *err)
{
	uint16_t id;

	*err = TRANSPORT_OK;
	if (dot->first_free == NO_SLOT)
		*err = slots_grow(dot);
	id = dot->first_free;
	if (id != NO_SLOT)
		dot->first_free = dot->slots[id].next_free;
	return id;
}

/* Length and ID in front of a message that lies in the room already. */
static void frame(struct dot *dot, uint8_t *room, size_t size, uint16_t id)
{
	room[0] = (uint8_t)(size >> 8);
	room[1] = (uint8_t)size;
	room[2] = (uint8_t)(id >> 8);
	room[3] = (uint8_t)id;
	buf_added(&dot->framing.out, 2 + size);
}

static enum transport_err dot_submit(struct framing *framing, struct attempt *attempt)
{
	struct dot *dot = dot_of(framing);
	struct exchange *exchange = attempt->exchange;
	uint8_t *room = buf_room(&framing->out, 2 + EXCHANGE_QUERY_MAX);
	enum transport_err err;
	uint16_t id;
	size_t size;

	if (room == NULL)
		return TRANSPORT_NOMEM;
	id = slot_take(dot, &err);
	if (id == NO_SLOT)
		return err;
	size = exchange->write(exchange, PROTOCOL_TLS, room + 2);
	assert(size >= EXCHANGE_QUERY_MIN && size <= EXCHANGE_QUERY_MAX);
	dot->slots[id] = (struct slot){.attempt = attempt, .state = SLOT_WAITING};
	attempt->id = id;
	framing->waiting++;
	frame(dot, room, size, id);
	return TRANSPORT_OK;
}

/* Its ID stays taken until the answer has come: a late one must not meet another question. */
static void dot_cancel(struct framing *framing, struct attempt *attempt)
{
	struct slot *slot = &dot_of(framing)->slots[attempt->id];

	assert(slot->attempt == attempt);
	slot->state = SLOT_FORGOTTEN;
	slot->attempt = NULL;
	framing->waiting--;
	framing->forgotten++;
}

static void dot_ping(struct framing *framing)
{
	struct dot *dot = dot_of(framing);
	uint8_t *room = buf_room(&framing->out, 2 + sizeof PING);
	enum transport_err err;
	uint16_t id;

	if (dot->pings == PINGS_MAX || room == NULL)
		return;
	id = slot_take(dot, &err);
	if (id == NO_SLOT)
		return;
	dot->pings++;
	dot->slots[id] = (struct slot){.state = SLOT_PING};
	memcpy(room + 2, PING, sizeof PING);
	frame(dot, room, sizeof PING, id);
}

static enum framing_event broken(struct framing_news *news, const char *why)
{
	*news = (struct framing_news){.why = why};
	return FRAMING_BROKEN;
}

/* The answer of nobody: of one that was cancelled, or to a sign of life. */
static bool is_nobodys(struct dot *dot, uint16_t id)
{
	switch (dot->slots[id].state) {
	case SLOT_FORGOTTEN: dot->framing.forgotten--; break;
	case SLOT_PING: dot->pings--; break;
	default: return false;
	}
	slot_release(dot, id);
	return true;
}

static enum framing_event dot_next(struct framing *framing, struct framing_news *ret)
{
	struct dot *dot = dot_of(framing);

	for (;;) {
		struct attempt *attempt;
		struct wire in, answer;
		uint16_t id;

		buf_consume(&framing->in, dot->taken);
		dot->taken = 0;
		in = buf_bytes(&framing->in);
		if (in.size < 2)
			return FRAMING_WAIT;
		answer = (struct wire){in.data + 2, (size_t)in.data[0] << 8 | in.data[1]};
		if (answer.size < HEADER_SIZE)
			return broken(ret, "the server sent a message that is none");
		if (in.size < 2 + answer.size)
			return FRAMING_WAIT;
		id = (uint16_t)(answer.data[0] << 8 | answer.data[1]);
		if (id >= dot->n_slots || dot->slots[id].state == SLOT_FREE)
			return broken(ret, UNASKED);
		dot->taken = 2 + answer.size;
		if (is_nobodys(dot, id))
			continue;
		attempt = dot->slots[id].attempt;
		if (dot->unaccepted == UNACCEPTED_MAX)
			return broken(ret, UNASKED);
		framing->waiting--;
		slot_release(dot, id);
		*ret = (struct framing_news){
			.attempt = attempt, .answer = answer, .max_age_s = UINT32_MAX};
		if (attempt->exchange->accept(attempt->exchange, answer)) {
			dot->unaccepted = 0;
			return FRAMING_ANSWERED;
		}
		/* Others, who were asked with it, may be answered well. */
		dot->unaccepted++;
		ret->why = UNASKED;
		ret->retry = RETRY_ELSEWHERE;
		return FRAMING_RETURNED;
	}
}

static struct attempt *dot_take(struct framing *framing)
{
	struct dot *dot = dot_of(framing);

	for (; dot->take_from < dot->n_slots; dot->take_from++) {
		struct slot *slot = &dot->slots[dot->take_from];
		struct attempt *attempt = slot->attempt;

		if (slot->state != SLOT_WAITING)
			continue;
		dot_cancel(framing, attempt);
		return attempt;
	}
	return NULL;
}

static bool dot_flush([[maybe_unused]] struct framing *framing)
{
	return true; /* all is written already */
}

static void dot_free(struct framing *framing)
{
	struct dot *dot = dot_of(framing);

	buf_clear(&framing->in);
	buf_clear(&framing->out);
	free(dot->slots);
	free(dot);
}

struct framing *dot_new(void)
{
	/* Servers need not speak of ALPN, and many do not. */
	static const struct framing_ops ops = {.alpn = "dot",
		.submit = dot_submit,
		.cancel = dot_cancel,
		.next = dot_next,
		.ping = dot_ping,
		.flush = dot_flush,
		.take = dot_take,
		.free = dot_free};
	struct dot *dot = calloc(1, sizeof *dot);

	if (dot == NULL)
		return NULL;
	dot->framing.ops = &ops;
	dot->first_free = dot->last_free = NO_SLOT;
	return &dot->framing;
}
