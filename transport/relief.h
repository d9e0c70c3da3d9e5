/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * When a second connection is dialled beside one that may be dead, so that nobody waits until
 * that is certain; but not often, for who may be dead is most often slow. By the clock alone;
 * in milliseconds. Begins with all zeros.
 */
#include <stdbool.h>
#include <stdint.h>

struct relief {
	uint64_t late_ms;  /* when the first answer was late that nothing came after */
	uint64_t asked_ms; /* when that was asked for */
	uint64_t spent_ms; /* each one that is dialled moves it on */
};

/*
 * An answer is late, as of now, that was asked for at asked_ms; the connection was heard last
 * at heard_ms. Does it look dead? It does when another answer was late before, and nothing has
 * come since. Two that were asked for at once do not count, as all types of one name are; nor
 * two that are noticed at once, for then it is we who slept. Where a new connection is soon
 * there, rtt_ms being a round trip, there is time to wait and see.
 */
bool relief_is_due(struct relief *relief, uint64_t asked_ms, uint64_t heard_ms, uint32_t rtt_ms,
	uint64_t now_ms);
/* May one be dialled now? If so, that is noted. suspect: the connection owes a sign of life,
 * too; then a few more may. */
bool relief_begin(struct relief *relief, bool suspect, uint64_t now_ms);
