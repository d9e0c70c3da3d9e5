/* SPDX-License-Identifier: MIT */
#include "transport/race.h"

static bool excludes(uint64_t bits, size_t i)
{
	return (bits >> i & 1) != 0;
}

static bool is_in_question(const struct upstream *upstream)
{
	return upstream_is_doubtful(upstream) || upstream_is_silent(upstream);
}

static bool is_better(const struct upstream *a, const struct upstream *b)
{
	if (is_in_question(a) != is_in_question(b))
		return is_in_question(b);
	return pace_is_better(upstream_pace(a), upstream_pace(b));
}

struct upstream *race_best(struct upstream *const *upstreams, size_t n, uint64_t excluded)
{
	struct upstream *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (!excludes(excluded, i) &&
			upstream_readiness(upstreams[i]) == UPSTREAM_READY &&
			(best == NULL || is_better(upstreams[i], best)))
			best = upstreams[i];
	return best;
}

/* What of it nobody who is being dialled has: its protocol, its address family. */
static unsigned novelty(
	const struct upstream *candidate, struct upstream *const *upstreams, size_t n)
{
	const struct endpoint *endpoint = upstream_endpoint(candidate);
	bool new_protocol = true, new_family = true;

	for (size_t i = 0; i < n; i++) {
		const struct endpoint *other = upstream_endpoint(upstreams[i]);

		if (upstream_readiness(upstreams[i]) != UPSTREAM_DIALING)
			continue;
		new_protocol &= other->protocol != endpoint->protocol;
		new_family &= other->subject.address_size != endpoint->subject.address_size;
	}
	return (unsigned)new_protocol + (unsigned)new_family;
}

struct upstream *race_next(struct upstream *const *upstreams, size_t n, uint64_t excluded)
{
	struct upstream *found = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned news;

		if (excludes(excluded, i) || upstream_readiness(upstreams[i]) != UPSTREAM_IDLE)
			continue;
		/* Who has not failed comes before everybody who has. */
		news = novelty(upstreams[i], upstreams, n) +
		       (upstream_is_doubtful(upstreams[i]) ? 0 : 3);
		if (found == NULL || news > most) {
			found = upstreams[i];
			most = news;
		}
	}
	return found;
}

bool race_has_to_learn(const struct upstream *upstream)
{
	return upstream_readiness(upstream) == UPSTREAM_READY &&
	       (is_in_question(upstream) || !pace_is_known(upstream_pace(upstream)));
}

struct upstream *race_least_known(
	struct upstream *const *upstreams, size_t n, uint64_t excluded)
{
	uint64_t oldest = UINT64_MAX;
	struct upstream *found = NULL;

	for (size_t i = 0; i < n; i++) {
		enum readiness readiness = upstream_readiness(upstreams[i]);
		uint64_t measured_ms = upstream_pace(upstreams[i])->measured_ms;

		if (excludes(excluded, i) ||
			(readiness != UPSTREAM_READY && readiness != UPSTREAM_IDLE))
			continue;
		if (race_has_to_learn(upstreams[i]))
			return upstreams[i];
		if (measured_ms < oldest) {
			found = upstreams[i];
			oldest = measured_ms;
		}
	}
	return found;
}
