/* SPDX-License-Identifier: MIT */
#pragma once
/* The facts that transport tells, in words, and logged. */
#include "transport/trace.h"

/* A fact of transport's: changes as notices and warnings; what was told before is not told
 * again. */
void report_event(const struct trace_event *event);

/* How old a log list is. */
enum list_age { LIST_FRESH, LIST_AGEING, LIST_STALE };

/* Ageing: it will be stale within 30 days. While the clock is not set it is stale. */
enum list_age list_age(const struct ct_log_list *list, struct ct_clock clock);

/* Which log list is used. */
void report_log_list(const char *path, const struct ct_log_list *list);
/* How old it is, and what that means. */
void report_list_age(const struct ct_log_list *list, struct ct_clock clock);
/* Why a clock that is not set is not believed: a part of a sentence. Returns `text`. */
enum { REPORT_DOUBT_SIZE = 96 };
const char *report_clock_doubt(struct ct_clock clock, char text[REPORT_DOUBT_SIZE]);
/* The clock is, or is not any more, believed. */
void report_clock(struct ct_clock clock);
