/* SPDX-License-Identifier: MIT */
#pragma once
/* Who watches queries and replies go by. When nobody does, that costs one look at a list. */
#include "resolver/client.h"

enum tap_kind {
	TAP_QUERY, /* a client's message has come */
	TAP_REPLY, /* a reply is on its way to a client */
};

/* All is borrowed during the call. */
struct tap_event {
	enum tap_kind kind;
	const struct client *client; /* with its source, of a reply */
	struct wire question;        /* name, type and class as they were sent; may be empty */
	struct wire message;         /* as it came, or as it is sent */
	unsigned rcode;              /* TAP_REPLY: with its extended bits */
	uint64_t took_us;            /* TAP_REPLY: since the question came */
};

/* Embedded in whoever watches. */
struct tap {
	struct list node;
	/* It may remove this tap, but no other. */
	void (*tell)(struct tap *, const struct tap_event *);
};

struct taps {
	struct list list;
	/* The first one was added, or the last one removed; NULL: nobody wants to know. */
	void (*changed)(struct taps *);
};

static inline void taps_init(struct taps *taps)
{
	list_init(&taps->list);
	taps->changed = NULL;
}

static inline bool taps_any(const struct taps *taps)
{
	return !list_empty(&taps->list);
}

static inline void taps_add(struct taps *taps, struct tap *tap)
{
	bool first = !taps_any(taps);

	list_append(&taps->list, &tap->node);
	if (first && taps->changed != NULL)
		taps->changed(taps);
}

static inline void taps_remove(struct taps *taps, struct tap *tap)
{
	bool was = taps_any(taps);

	list_remove(&tap->node);
	if (was && !taps_any(taps) && taps->changed != NULL)
		taps->changed(taps);
}

static inline void taps_tell(struct taps *taps, const struct tap_event *event)
{
	for (struct list *l = taps->list.next, *next = l->next; l != &taps->list;
		l = next, next = l->next) {
		struct tap *tap = container_of(l, struct tap, node);

		tap->tell(tap, event);
	}
}

/* Microseconds of a clock that never jumps, as it is now; only for when somebody watches. */
uint64_t tap_now_us(void);
