/* SPDX-License-Identifier: MIT */
#include "resolver/figures.h"
#include "resolver/link_route.h"

enum kind { COUNTER, GAUGE, SHARED };

const struct figure FIGURES[] = {
#define FIGURE(kind, name, value, text) {#name, kind == COUNTER, text},
#include "resolver/figures.def"
#undef FIGURE
};

static const enum kind KINDS[] = {
#define FIGURE(kind, name, value, text) kind,
#include "resolver/figures.def"
#undef FIGURE
};

static uint64_t log_list_age_s(const struct facts *facts)
{
	uint64_t made_ms = ct_log_list_timestamp_ms(trust_log_list(facts->snapshot->trust));
	uint64_t now_ms = clock_now(facts->clock).now_ms;

	return now_ms > made_ms ? (now_ms - made_ms) / 1000 : 0;
}

static uint64_t log_list_logs(const struct facts *facts)
{
	return ct_log_list_size(trust_log_list(facts->snapshot->trust));
}

static void read_one(const struct facts *facts, uint64_t ret[FIGURES_N])
{
	const struct query_counts *queries = queries_counts(facts->queries);
	struct cache_stats cache = queries_cache_stats(facts->queries);
	const struct validation_counts *validations = queries_validations(facts->queries);

#define FIGURE(kind, name, value, text) ret[FIGURE_##name] = (value);
#include "resolver/figures.def"
#undef FIGURE
}

void figures_read(const struct facts *facts, uint64_t ret[FIGURES_N])
{
	uint64_t more[FIGURES_N];

	crew_hold(facts->crew);
	read_one(facts, ret);
	for (const struct facts *other = facts->next; other != NULL; other = other->next) {
		read_one(other, more);
		for (size_t i = 0; i < FIGURES_N; i++)
			ret[i] += KINDS[i] != SHARED ? more[i] : 0;
	}
	crew_release(facts->crew);
}

void facts_flush(const struct facts *facts)
{
	crew_hold(facts->crew);
	for (const struct facts *one = facts; one != NULL; one = one->next) {
		queries_flush(one->queries);
		if (one->snapshot->dnssec != NULL)
			dnssec_flush(one->snapshot->dnssec);
	}
	crew_release(facts->crew);
}

static const char *state_of(enum readiness readiness)
{
	switch (readiness) {
	case UPSTREAM_READY: return "ready";
	case UPSTREAM_IDLE: return "idle";
	case UPSTREAM_DIALING: return "connecting";
	case UPSTREAM_RESTING: break;
	}
	return "resting";
}

static const char *protocol_of(const struct upstream *upstream)
{
	switch (upstream_endpoint(upstream)->protocol) {
	case PROTOCOL_TLS: return "tls";
	case PROTOCOL_HTTPS: return "https";
	case PROTOCOL_PLAIN: break;
	}
	return "plain";
}

static void tell(
	const struct upstream *upstream, const char *domain, struct upstream_facts *ret)
{
	const struct pace *pace = upstream_pace(upstream);
	enum transport_err err = upstream_err(upstream);
	enum readiness readiness = upstream_readiness(upstream);

	*ret = (struct upstream_facts){.text = upstream_endpoint(upstream)->text,
		.protocol = protocol_of(upstream),
		.state = state_of(readiness),
		.domain = domain,
		.why = err != TRANSPORT_OK ? upstream_why(upstream) : NULL,
		.readiness = readiness,
		.refused = err == TRANSPORT_UNTRUSTED,
		.timed = pace_is_known(pace)};
	if (!ret->timed)
		return;
	ret->mean_ms = pace->mean;
	ret->late_ms = pace_late_ms(pace);
}

/* The one at *i of this set; else *i goes down by how many there are. */
static const struct upstream *find(const struct upstream_set *set, size_t *i)
{
	const struct upstream *upstream = set_upstream(set, *i);

	for (size_t n = 0; upstream == NULL && set_upstream(set, n) != NULL; n++)
		(*i)--;
	return upstream;
}

static bool upstream_of(const struct facts *facts, size_t i, struct upstream_facts *ret)
{
	const struct snapshot *snapshot = facts->snapshot;
	const struct upstream *upstream = find(snapshot->set, &i);

	if (upstream != NULL) {
		tell(upstream, NULL, ret);
		return true;
	}
	for (size_t r = 0; r < snapshot->n_routes; r++) {
		const struct route *route = &snapshot->routes[r];

		upstream = find(route->set, &i);
		if (upstream == NULL)
			continue;
		tell(upstream, route->conf->domains[0].name, ret);
		return true;
	}
	for (size_t l = 0; l < snapshot->n_link_routes; l++) {
		const struct link_route *link = snapshot->link_routes[l];

		upstream = link->route.set != NULL ? find(link->route.set, &i) : NULL;
		if (upstream == NULL)
			continue;
		tell(upstream, link->conf.domains[0].name, ret);
		return true;
	}
	return false;
}

/* What another worker has seen of it. */
static void add(const struct upstream_facts *more, struct upstream_facts *ret)
{
	if (more->readiness < ret->readiness) {
		ret->readiness = more->readiness;
		ret->state = more->state;
	}
	if (ret->why == NULL || (more->refused && !ret->refused))
		ret->why = more->why;
	ret->refused |= more->refused;
	if (ret->timed || !more->timed)
		return;
	ret->timed = true;
	ret->mean_ms = more->mean_ms;
	ret->late_ms = more->late_ms;
}

bool figures_upstream(const struct facts *facts, size_t i, struct upstream_facts *ret)
{
	struct upstream_facts more;

	if (!upstream_of(facts, i, ret))
		return false;
	for (const struct facts *other = facts->next; other != NULL; other = other->next)
		if (upstream_of(other, i, &more))
			add(&more, ret);
	return true;
}
