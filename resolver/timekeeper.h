/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Keeps what is known of the time across restarts, and hears when somebody sets the clock. The
 * time is the modification time of a file in the state directory, which is written once a day.
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
/* This is the log list that is used: a clock beyond its end is doubtful. */
void timekeeper_use(struct timekeeper *keeper, const struct ct_log_list *list);
/* Writes it down; what is not a day old yet only `now`. What cannot be written is not: the
 * clock is then judged by the rest. */
void timekeeper_save(struct timekeeper *keeper, bool now);
