/* SPDX-License-Identifier: MIT */
#include "transport/vigil.h"

enum {
	DOUBT_MS = 500,
	SUSPECT_MS = 20, /* more than a round trip */
	/* But there is no haste while TCP, TLS and a query can be done until then. */
	SUSPECT_BY_MS = 100,
	ROUND_TRIPS = 3,
};

static uint64_t doubt_ms(const struct vigil *vigil)
{
	uint64_t ms = ((uint64_t)2 * vigil->rtt_ms + DOUBT_MS) << vigil->patience;

	return ms < vigil->silent_ms ? ms : vigil->silent_ms;
}

/* When a sign of life should have come. */
static uint64_t suspect_at_ms(const struct vigil *vigil)
{
	uint64_t late = (uint64_t)vigil->rtt_ms + SUSPECT_MS,
		 anew = (uint64_t)ROUND_TRIPS * vigil->rtt_ms;
	uint64_t spare = anew < SUSPECT_BY_MS ? SUSPECT_BY_MS - anew : 0;

	return vigil->pinged_ms + (late > spare ? late : spare);
}

static enum vigil_deed look_at_idle(
	const struct vigil *vigil, uint64_t now_ms, uint64_t *ret_wait_ms)
{
	uint64_t idle_ms = now_ms - vigil->used_ms;

	if (idle_ms >= vigil->idle_ms)
		return VIGIL_CLOSE;
	*ret_wait_ms = vigil->idle_ms - idle_ms;
	return VIGIL_NOTHING;
}

/* Is it time? If not, *next_ms is when, unless something else is due before. */
static bool is_due(uint64_t due_ms, uint64_t now_ms, uint64_t *next_ms)
{
	if (now_ms < due_ms && due_ms < *next_ms)
		*next_ms = due_ms;
	return now_ms >= due_ms;
}

enum vigil_deed vigil_look(
	struct vigil *vigil, bool owes, uint64_t now_ms, uint64_t *ret_wait_ms)
{
	uint64_t heard = vigil->heard_ms, doubt = doubt_ms(vigil), next = UINT64_MAX;

	if (!owes)
		return look_at_idle(vigil, now_ms, ret_wait_ms);
	if (is_due(heard + vigil->silent_ms, now_ms, &next))
		return VIGIL_GIVE_UP;
	if (!vigil->pinged && is_due(heard + doubt / 2, now_ms, &next))
		return VIGIL_PING;
	if (!vigil->doubted && is_due(heard + doubt, now_ms, &next)) {
		vigil->doubted = true;
		return VIGIL_DOUBT;
	}
	if (vigil->pinged && !vigil->suspected && !vigil->doubted &&
		is_due(suspect_at_ms(vigil), now_ms, &next)) {
		vigil->suspected = true;
		return VIGIL_SUSPECT;
	}
	*ret_wait_ms = next - now_ms;
	return VIGIL_NOTHING;
}

void vigil_pinged(struct vigil *vigil, uint64_t now_ms)
{
	vigil->pinged_ms = now_ms;
	vigil->pinged = true;
}

void vigil_heard(struct vigil *vigil, uint64_t now_ms)
{
	vigil->heard_ms = now_ms;
	vigil->pinged = vigil->suspected = false;
}
