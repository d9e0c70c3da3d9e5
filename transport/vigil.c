/* SPDX-License-Identifier: MIT */
#include "transport/vigil.h"

enum { DOUBT_MS = 500 };

static uint64_t doubt_ms(const struct vigil *vigil)
{
	uint64_t ms = ((uint64_t)2 * vigil->rtt_ms + DOUBT_MS) << vigil->patience;

	return ms < vigil->silent_ms ? ms : vigil->silent_ms;
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

enum vigil_deed vigil_look(
	struct vigil *vigil, bool owes, uint64_t now_ms, uint64_t *ret_wait_ms)
{
	uint64_t silent_ms = now_ms - vigil->heard_ms, doubt = doubt_ms(vigil), next;

	if (!owes)
		return look_at_idle(vigil, now_ms, ret_wait_ms);
	if (silent_ms >= vigil->silent_ms)
		return VIGIL_GIVE_UP;
	if (silent_ms >= doubt / 2 && !vigil->pinged) {
		vigil->pinged = true;
		return VIGIL_PING;
	}
	if (silent_ms >= doubt && !vigil->doubted) {
		vigil->doubted = true;
		return VIGIL_DOUBT;
	}
	if (vigil->doubted)
		next = vigil->silent_ms;
	else
		next = vigil->pinged ? doubt : doubt / 2;
	*ret_wait_ms = next - silent_ms;
	return VIGIL_NOTHING;
}

void vigil_heard(struct vigil *vigil, uint64_t now_ms)
{
	vigil->heard_ms = now_ms;
	vigil->pinged = false;
}
