/* SPDX-License-Identifier: MIT */
#include "transport/pace.h"

enum {
	SEEN = 3,         /* answers after which the mean is believed */
	KNOWN = 20,       /* after which p95 is */
	LATE_MIN_MS = 20, /* below, a busy machine is as likely a reason as a slow server */
};

static const double MARGIN_MS = 10;

/* RFC 6298's weight for a new measurement. */
static const double WEIGHT = 1.0 / 8;

void pace_add(struct pace *pace, uint64_t took_ms, uint64_t now_ms)
{
	double took = (double)took_ms, step = pace->p95 / 16 + 0.5;

	pace->measured_ms = now_ms;
	pace->mean += pace->n == 0 ? took : (took - pace->mean) * WEIGHT;
	if (pace->n < KNOWN) {
		pace->n++;
		if (took > pace->p95)
			pace->p95 = took;
		return;
	}
	/* Where it goes up with one of twenty and down with the others, it stays. */
	pace->p95 += took > pace->p95 ? step * 0.95 : step * -0.05;
}

void pace_add_failure(struct pace *pace, uint64_t took_ms, uint64_t now_ms)
{
	if ((double)took_ms > pace->mean)
		pace_add(pace, took_ms, now_ms);
}

uint64_t pace_late_ms(const struct pace *pace)
{
	if (pace->n < KNOWN)
		return UINT64_MAX;
	return pace->p95 > (double)LATE_MIN_MS ? (uint64_t)pace->p95 + 1 : LATE_MIN_MS;
}

bool pace_is_known(const struct pace *pace)
{
	return pace->n >= SEEN;
}

bool pace_is_better(const struct pace *a, const struct pace *b)
{
	return pace_is_known(a) && pace_is_known(b) && a->mean + MARGIN_MS < b->mean * 0.75;
}
