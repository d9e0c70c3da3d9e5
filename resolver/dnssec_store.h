/* SPDX-License-Identifier: MIT */
#pragma once
/* What is known of zones, each fact until a time; bounded, what was not used for the longest
 * goes first. */
#include "resolver/dnssec_rr.h"

/* No fact is kept for longer. */
enum { FACT_MAX_S = 86400 };

enum fact_kind {
	FACT_KEYS, /* the DNSKEY RRset of a zone */
	FACT_CUT,  /* is there a delegation at this name? */
};

enum fact_state {
	FACT_SECURE,   /* KEYS: those that may sign; CUT: a signed one, its DS RRset */
	FACT_INSECURE, /* CUT: one without DS, or with none that we support */
	FACT_NONE,     /* CUT: there is none */
	FACT_ABSENT,   /* CUT: there is none, and nothing is below that name */
	FACT_BOGUS,
	FACT_FAILED, /* it could not be had */
};

struct fact {
	enum fact_kind kind;
	enum fact_state state;
	int ede;
	uint64_t expires_s;
	const uint8_t *name; /* these three are copied by store_put() */
	const char *why;
	struct wire rdatas; /* each with its size in front, in two bytes */
};

struct store;

/* NULL: no memory. bytes: what all facts may take, and what is needed to find them. */
struct store *store_new(size_t bytes);
/* NULL is allowed. */
void store_free(struct store *store);
void store_clear(struct store *store);
/* Until the next store_put(). NULL: nothing is known. */
const struct fact *store_find(
	struct store *store, enum fact_kind kind, const uint8_t *name, uint64_t now_s);
/* Replaces what was known. Without memory it is not kept. */
void store_put(struct store *store, const struct fact *fact);

/* The next of a fact's, which is taken off `rdatas`. False: there is none. */
static inline bool rdatas_next(struct wire *rdatas, struct wire *ret)
{
	if (rdatas->size < 2)
		return false;
	*ret = (struct wire){rdatas->data + 2, read16(rdatas->data)};
	rdatas->data += 2 + ret->size;
	rdatas->size -= 2 + ret->size;
	return true;
}
