/* SPDX-License-Identifier: MIT */
#pragma once
/* Many things that are due at a time, most of them after the same while, and one timer for all.
 */
#include "transport/list.h"
#include "transport/loop.h"

/* Embedded in what is due; list_remove() takes it out. */
struct due {
	struct list node;
	uint64_t ms; /* on the loop's clock */
};

struct schedule {
	struct loop *loop;
	struct list list; /* the next first */
	struct timer timer;
};

/* fired: called when something is due: it takes all that is. False: no memory. */
[[nodiscard]] bool schedule_init(
	struct schedule *schedule, struct loop *loop, void (*fired)(struct timer *));
/* Harmless for one that is all zeroes. */
void schedule_done(struct schedule *schedule);
/* It costs nothing where it goes to the end. */
void schedule_add(struct schedule *schedule, struct due *due);
/* The next whose time has come, taken out. NULL: there is none, and the timer waits for it. */
struct due *schedule_take(struct schedule *schedule);
