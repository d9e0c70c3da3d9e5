/* SPDX-License-Identifier: MIT */
#pragma once
/* The way of an answer through the judge (dnssec.h): what the judge lacks is looked up as any
 * other question is, with DO and CD. */
#include "resolver/lookup.h"

struct validation;

/* Where validations work, one at a time, and for no longer than a call to done() takes. */
struct validation_room {
	uint8_t message[MESSAGE_SIZE_MAX];
	struct answer_room answer;
	uint8_t learnt[MESSAGE_SIZE_MAX]; /* an answer about DS or DNSKEY */
};

/*
 * Copies the answer to `request`: it was asked for with DO and CD, and has passed
 * message_read_answer(). `snapshot` is borrowed, and validates; `room` is borrowed, and may be
 * that of others. NULL: no memory.
 *
 * done() is called once, by validation_begin() or later; the answer, borrowed during the call,
 * is what a client gets: without what it did not ask for, or SERVFAIL. Then the validation is
 * gone.
 */
struct validation *validation_new(struct lookups *lookups, struct snapshot *snapshot,
	struct validation_room *room, const struct request *request, struct wire message,
	void (*done)(void *owner, struct answer *), void *owner);
void validation_begin(struct validation *validation);
/* done() will not be called. NULL is allowed. */
void validation_cancel(struct validation *validation);
