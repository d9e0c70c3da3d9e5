/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Watches over one connection, by the clock alone: a peer that owes answers must be heard, and
 * a connection that nobody uses is closed before the server does it.
 */
#include <stdbool.h>
#include <stdint.h>

struct vigil {
	uint32_t silent_ms;     /* after which a silent peer that owes an answer is given up */
	uint32_t idle_ms;       /* after which an unused connection is closed */
	uint32_t rtt_ms;        /* a round trip to the peer */
	unsigned patience;      /* doubles what it takes until a silent peer is doubted */
	uint64_t heard_ms;      /* when it was heard last, or began to owe */
	uint64_t used_ms;       /* when the last answer came */
	uint64_t pinged_ms;     /* when it was asked for a sign of life */
	bool pinged, suspected; /* since it was heard */
	bool doubted;
};

enum vigil_deed {
	VIGIL_NOTHING,
	VIGIL_PING,    /* ask for a sign of life, and say vigil_pinged() */
	VIGIL_SUSPECT, /* which it owes for longer than it takes. Once in a silence */
	VIGIL_DOUBT,   /* so too much longer: ask others what it owes. Once */
	VIGIL_GIVE_UP, /* it has been silent for too long */
	VIGIL_CLOSE,   /* nobody has used it for long enough */
};

/*
 * What is to be done now; to be asked again until that is nothing, and then after
 * *ret_wait_ms. owes: an answer is outstanding.
 *
 * A peer is doubted after two round trips and half a second, in the middle of which it is asked
 * for a sign of life, if it was not before. It is suspected when that has not come 20 ms after
 * a round trip; a near one, where a new connection is soon there, later.
 */
enum vigil_deed vigil_look(
	struct vigil *vigil, bool owes, uint64_t now_ms, uint64_t *ret_wait_ms);
/* It is asked for a sign of life. */
void vigil_pinged(struct vigil *vigil, uint64_t now_ms);
void vigil_heard(struct vigil *vigil, uint64_t now_ms);
