/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The time, as far as it can be believed. A machine without a battery for its clock starts in
 * 1970, or in a year that never was; but it cannot be earlier than what has been seen already.
 */
#include "ctpolicy/ctpolicy.h"

struct clock {
	uint64_t bound_ms; /* proven: when this was built, what a log has signed */
	/* When this machine was last up, by its own clock. Not proven: a clock that somebody
	 * has set since may be earlier, for it was wrong then. */
	uint64_t saved_ms;
	/* Where the log list ends: by a clock beyond it no certificate could be accepted, so
	 * who needs a name to set the clock would never get it. 0: it ends nowhere. */
	uint64_t horizon_ms;
};

/* The system's clock. Where that cannot be, and where it is beyond the horizon while nobody
 * keeps it right, the latest of what is known, and that it is not set. */
struct ct_clock clock_now(const struct clock *clock);
/* Does the kernel say that somebody keeps the system's clock right (adjtimex(2))? If it may not
 * be asked, systemd-timesyncd does. */
bool clock_synchronized(void);
/* It was at least so late once, and that is proven. */
void clock_raise(struct clock *clock, uint64_t ms);
