/* SPDX-License-Identifier: MIT */
#include "transport/clock.h"
#include "transport/loop.h"
#include <errno.h>
#include <sys/timex.h>
#include <unistd.h>

bool clock_synchronized(void)
{
	struct timex timex = {0};

	if (adjtimex(&timex) >= 0)
		return (timex.status & STA_UNSYNC) == 0;
	/* A service that may not set the clock may not ask either (ProtectClock=,
	 * systemd.exec(5)). */
	return errno == EPERM && access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

struct ct_clock clock_now(const struct clock *clock)
{
	uint64_t now_ms = loop_wall_ms();
	bool saved_counts = clock->saved_ms > clock->bound_ms;
	uint64_t latest_ms = saved_counts ? clock->saved_ms : clock->bound_ms;

	bool doubtful = (saved_counts && now_ms < latest_ms) ||
			(clock->horizon_ms > 0 && now_ms >= clock->horizon_ms);

	if (now_ms >= clock->bound_ms && (!doubtful || clock_synchronized()))
		return (struct ct_clock){.now_ms = now_ms};
	return (struct ct_clock){.now_ms = latest_ms, .unset = true};
}

void clock_raise(struct clock *clock, uint64_t ms)
{
	if (ms > clock->bound_ms)
		clock->bound_ms = ms;
}
