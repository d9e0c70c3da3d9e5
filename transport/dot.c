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
};

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_CANCELLED };

/* A slot's index is the ID on the wire. */
struct slot {
	struct exchange *exchange;
	uint16_t next_free;
	uint8_t state;
};

struct dot {
	struct buf in, out;
	struct slot *slots;
	size_t n_slots, waiting, cancelled;
	uint16_t first_free, last_free; /* a queue: the ID that rested longest comes next */
	size_t taken;                   /* bytes of `in` that the last answer used */
	size_t take_from;               /* no slot below is waiting, while they are taken out */
};

struct dot *dot_new(void)
{
	struct dot *dot = calloc(1, sizeof *dot);

	if (dot != NULL)
		dot->first_free = dot->last_free = NO_SLOT;
	return dot;
}

void dot_free(struct dot *dot)
{
	if (dot == NULL)
		return;
	buf_clear(&dot->in);
	buf_clear(&dot->out);
	free(dot->slots);
	free(dot);
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

enum transport_err dot_submit(struct dot *dot, struct exchange *exchange)
{
	struct wire query = exchange->query;
	uint8_t *room;
	uint16_t id;

	assert(query.size >= HEADER_SIZE && query.size <= UINT16_MAX);
	if (dot->first_free == NO_SLOT) {
		enum transport_err err = slots_grow(dot);

		if (err != TRANSPORT_OK)
			return err;
	}
	room = buf_room(&dot->out, 2 + query.size);
	if (room == NULL)
		return TRANSPORT_NOMEM;
	id = dot->first_free;
	dot->first_free = dot->slots[id].next_free;
	dot->slots[id] = (struct slot){.exchange = exchange, .state = SLOT_WAITING};
	dot->waiting++;
	exchange->id = id;
	exchange->sent = true;

	room[0] = (uint8_t)(query.size >> 8);
	room[1] = (uint8_t)query.size;
	room[2] = (uint8_t)(id >> 8);
	room[3] = (uint8_t)id;
	memcpy(room + 4, query.data + 2, query.size - 2);
	buf_added(&dot->out, 2 + query.size);
	return TRANSPORT_OK;
}

void dot_cancel(struct dot *dot, struct exchange *exchange)
{
	struct slot *slot = &dot->slots[exchange->id];

	assert(exchange->sent && slot->exchange == exchange);
	slot->state = SLOT_CANCELLED;
	slot->exchange = NULL;
	exchange->sent = false;
	dot->waiting--;
	dot->cancelled++;
}

struct buf *dot_out(struct dot *dot)
{
	return &dot->out;
}

struct buf *dot_in(struct dot *dot)
{
	return &dot->in;
}

enum transport_err dot_next(
	struct dot *dot, struct exchange **ret_exchange, struct wire *ret_answer)
{
	for (;;) {
		struct slot *slot;
		struct wire in;
		size_t size;
		uint16_t id;

		buf_consume(&dot->in, dot->taken);
		dot->taken = 0;
		in = buf_bytes(&dot->in);
		if (in.size < 2)
			return TRANSPORT_WAIT;
		size = (size_t)in.data[0] << 8 | in.data[1];
		if (size < HEADER_SIZE)
			return TRANSPORT_PROTOCOL;
		if (in.size < 2 + size)
			return TRANSPORT_WAIT;
		id = (uint16_t)(in.data[2] << 8 | in.data[3]);
		if (id >= dot->n_slots || dot->slots[id].state == SLOT_FREE)
			return TRANSPORT_PROTOCOL;
		slot = &dot->slots[id];
		dot->taken = 2 + size;
		if (slot->state == SLOT_CANCELLED) {
			dot->cancelled--;
			slot_release(dot, id);
			continue;
		}
		*ret_exchange = slot->exchange;
		*ret_answer = (struct wire){in.data + 2, size};
		if (!slot->exchange->accept(slot->exchange, *ret_answer))
			return TRANSPORT_PROTOCOL;
		slot->exchange->sent = false;
		dot->waiting--;
		slot_release(dot, id);
		return TRANSPORT_OK;
	}
}

struct exchange *dot_take(struct dot *dot)
{
	for (; dot->take_from < dot->n_slots; dot->take_from++) {
		struct slot *slot = &dot->slots[dot->take_from];
		struct exchange *exchange = slot->exchange;

		if (slot->state != SLOT_WAITING)
			continue;
		dot_cancel(dot, exchange);
		return exchange;
	}
	return NULL;
}

size_t dot_waiting(const struct dot *dot)
{
	return dot->waiting;
}

size_t dot_cancelled(const struct dot *dot)
{
	return dot->cancelled;
}
