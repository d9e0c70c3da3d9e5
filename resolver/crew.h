/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The threads besides the first one. Each has a loop of its own, and shares nothing: when the
 * first one has to look at, or change, what is theirs, they hold still, each between two events
 * of its loop, and it does as if it were each of them. So nothing else needs a lock.
 */
#include "transport/loop.h"
#include <pthread.h>

struct crew;

/* Embedded in who runs in such a thread. */
struct crew_member {
	struct crew *crew;
	struct waker waker;
	pthread_t thread;
	void (*run)(struct crew_member *); /* runs its loop, until that is stopped */
};

/* No member yet. NULL: no memory. */
struct crew *crew_new(void);
/* NULL is allowed. */
void crew_free(struct crew *crew);
/* Has run() called in a thread of its own, which signals do not interrupt. False: it cannot be
 * had; errno says why. */
bool crew_start(struct crew *crew, struct crew_member *member, struct loop *loop);
/* Waits until run() of all has returned. Until then, none may have stopped its loop while they
 * are held. */
void crew_join(struct crew *crew);

/*
 * For the thread that called crew_new() alone: returns when all members hold still, until as
 * many calls of crew_release(). What they have is then the caller's own. NULL: nothing happens.
 */
void crew_hold(struct crew *crew);
void crew_release(struct crew *crew);
