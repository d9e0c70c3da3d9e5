/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which records of an answer belong to it: the names that lead from the question, by CNAME and
 * DNAME, to what was asked for. What else a server says is not passed on.
 */
#include "resolver/reader.h"

enum { CHAIN_MAX = 16 };

struct chain {
	struct wire message;
	size_t names[CHAIN_MAX]; /* where they stand; the question's is the first */
	unsigned n;
	uint16_t type, class;
	/* Labels that may still be looked at (RFC 9267): no message costs more than its size
	 * is worth. */
	size_t budget;
	bool foreign; /* a record does not belong */
	bool bad;     /* a malformed name, or over the budget */
};

void chain_begin(struct chain *chain, struct wire message, struct wire question);
/* The next record of the answer section. True: it is one of those that were asked for. */
bool chain_answer(struct chain *chain, const struct record *record);
/* The next one of the authority section. */
void chain_authority(struct chain *chain, const struct record *record);

/*
 * Writes the message anew without what does not belong, its names without compression, and
 * without additional records but the OPT. message: one that was found well formed. `out` has
 * MESSAGE_SIZE_MAX bytes. Returns the size; 0: it cannot be.
 */
size_t chain_clean(struct wire message, struct wire question, uint8_t *out);
