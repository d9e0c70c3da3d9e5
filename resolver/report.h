/* SPDX-License-Identifier: MIT */
#pragma once
/* The facts that transport tells, in words, and logged. */
#include "transport/trace.h"

/* A trace that logs: changes as notices and warnings; what was told before is not told again.
 */
struct trace report_trace(void);

/* What is known of a log list, and a warning when it is stale or soon will be. */
void report_log_list(const char *path, const struct ct_log_list *list, uint64_t now_ms);
