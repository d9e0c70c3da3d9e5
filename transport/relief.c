/* SPDX-License-Identifier: MIT */
#include "transport/relief.h"

enum {
	APART_MS = 4,     /* what is asked within it may be one name */
	ANSWERED_MS = 90, /* when whoever waits for a dead one should have an answer */
	ROUND_TRIPS = 3,  /* which that takes: TCP, TLS, the query (RFC 8446) */
	/* One in so long, and another one at once: the first may have been for a hiccup. */
	EACH_MS = 10000,
	SUSPECT_MORE = 2, /* where that is not the only sign */
};

bool relief_is_due(struct relief *relief, uint64_t asked_ms, uint64_t heard_ms, uint32_t rtt_ms,
	uint64_t now_ms)
{
	if (heard_ms >= relief->late_ms) {
		relief->late_ms = now_ms;
		relief->asked_ms = asked_ms;
		return false;
	}
	return asked_ms >= relief->asked_ms + APART_MS &&
	       now_ms >= relief->late_ms + APART_MS &&
	       now_ms + (uint64_t)ROUND_TRIPS * rtt_ms >= relief->asked_ms + ANSWERED_MS;
}

bool relief_begin(struct relief *relief, bool suspect, uint64_t now_ms)
{
	if (relief->spent_ms > now_ms + (suspect ? SUSPECT_MORE * EACH_MS : 0))
		return false;
	if (relief->spent_ms + EACH_MS < now_ms)
		relief->spent_ms = now_ms - EACH_MS;
	relief->spent_ms += EACH_MS;
	return true;
}
