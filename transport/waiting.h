/* SPDX-License-Identifier: MIT */
#pragma once
/* The attempts that wait for a server's answer, and who of them has done so for too long. */
#include "transport/exchange.h"
#include "transport/loop.h"
#include "transport/pace.h"

struct waiting {
	/* Set by the owner; called from the loop, once for an attempt at most. */
	void (*late)(struct waiting *, struct attempt *);    /* for longer than most do */
	void (*overdue)(struct waiting *, struct attempt *); /* for very long */

	/* Its own. */
	struct loop *loop;
	const struct pace *pace;
	struct list fresh_ones, late_ones, overdue_ones; /* who was sent first is first */
	struct timer timer;
	uint64_t due_ms; /* when it fires; UINT64_MAX: it does not */
};

/* loop and pace are borrowed. */
void waiting_init(struct waiting *waiting, struct loop *loop, const struct pace *pace);
/* Nobody may be in it. */
void waiting_done(struct waiting *waiting);
/* The attempt is sent now. list_remove(&attempt->node) takes it out. */
void waiting_add(struct waiting *waiting, struct attempt *attempt);
/* Puts all that this carrier has into `ret`. */
void waiting_take(struct waiting *waiting, const void *carrier, struct list *ret);
/* Of those that were taken: it waits on, and nothing more is told of it. */
void waiting_put_back(struct waiting *waiting, struct attempt *attempt);
