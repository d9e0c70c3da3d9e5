/* SPDX-License-Identifier: MIT */
#pragma once
/* How long a server's answers take: a mean that forgets, and the time within which 19 of 20
 * come. In milliseconds; constant memory. */
#include <stdbool.h>
#include <stdint.h>

struct pace {
	double mean, p95;
	unsigned n;           /* answers seen, up to a bound */
	uint64_t measured_ms; /* the last one, on the loop's clock */
};

void pace_add(struct pace *pace, uint64_t took_ms, uint64_t now_ms);
/* What was given up after so long would have taken longer: that is never a good time. */
void pace_add_failure(struct pace *pace, uint64_t took_ms, uint64_t now_ms);
/* After this an answer is late. UINT64_MAX: not known yet. */
uint64_t pace_late_ms(const struct pace *pace);
/* Have answers enough come to compare it with others? */
bool pace_is_known(const struct pace *pace);
/* Is `a` so much faster than `b` that it is worth to go there? Not if one is not known. */
bool pace_is_better(const struct pace *a, const struct pace *b);
