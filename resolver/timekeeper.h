/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Keeps what is known of the time across restarts, and hears when somebody sets the clock. The
 * time is the modification time of a file in the state directory.
 */
#include "transport/clock.h"
#include "transport/loop.h"

struct timekeeper;

struct timekeeper_owner {
	void (*clock_was_set)(struct timekeeper_owner *);
};

/* NULL: no memory. owner NULL: nobody wants to hear. */
struct timekeeper *timekeeper_new(struct loop *loop, struct timekeeper_owner *owner);
/* NULL is allowed. */
void timekeeper_free(struct timekeeper *keeper);
/* Lives as long as the keeper. */
struct clock *timekeeper_clock(struct timekeeper *keeper);
/* Writes it down. What cannot be written is not: the clock is then judged by the rest. */
void timekeeper_save(const struct timekeeper *keeper);
