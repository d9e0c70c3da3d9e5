/* SPDX-License-Identifier: MIT */
#include "transport/clock.h"
#include "transport/loop.h"
#include <sys/timex.h>

bool clock_synchronized(void)
{
	struct timex timex = {0};

	return adjtimex(&timex) >= 0 && (timex.status & STA_UNSYNC) == 0;
}

struct ct_clock clock_now(const struct clock *clock)
{
	uint64_t now_ms = loop_wall_ms();
	bool saved_counts = clock->saved_ms > clock->bound_ms;
	uint64_t latest_ms = saved_counts ? clock->saved_ms : clock->bound_ms;

	if (now_ms >= latest_ms ||
		(saved_counts && now_ms >= clock->bound_ms && clock_synchronized()))
		return (struct ct_clock){.now_ms = now_ms};
	return (struct ct_clock){.now_ms = latest_ms, .unset = true};
}

void clock_raise(struct clock *clock, uint64_t ms)
{
	if (ms > clock->bound_ms)
		clock->bound_ms = ms;
}
