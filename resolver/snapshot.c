/* SPDX-License-Identifier: MIT */
#include "resolver/snapshot.h"
#include "resolver/link_route.h"
#include "resolver/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum post_quantum post_quantum_of(enum conf_post_quantum post_quantum)
{
	switch (post_quantum) {
	case CONF_POST_QUANTUM_NO: return POST_QUANTUM_NO;
	case CONF_POST_QUANTUM_REQUIRE: return POST_QUANTUM_REQUIRE;
	case CONF_POST_QUANTUM_PREFER: break;
	}
	return POST_QUANTUM_PREFER;
}

struct set_params snapshot_set_params(
	const struct snapshot *snapshot, const struct surroundings *around)
{
	return (struct set_params){
		.trust = snapshot->trust,
		.clock = around->clock,
		.trace = around->trace,
		.netwatch = around->netwatch,
		.post_quantum = post_quantum_of(snapshot->conf->post_quantum),
		.budget_ms = snapshot->conf->query_timeout_ms,
	};
}

/* NULL: no memory. */
static struct upstream_set *make_set(const struct snapshot *snapshot,
	const struct surroundings *around, const struct conf_upstream *upstreams, size_t n,
	struct endpoints *endpoints)
{
	struct set_params params = snapshot_set_params(snapshot, around);
	struct endpoint *list;

	if (!endpoints_make(snapshot->conf, snapshot->pins, upstreams, n, endpoints))
		return NULL;
	list = endpoints->list;
	endpoints->list = NULL;
	return set_new(around->loop, list, endpoints->n, &params);
}

static bool lacks_addresses(const struct conf_upstream *upstreams, size_t n, size_t *ret_with)
{
	*ret_with = 0;
	for (size_t i = 0; i < n; i++)
		*ret_with += upstreams[i].address.size > 0;
	return *ret_with < n;
}

/* Upstreams that have no address are looked up by those that have one; by the default ones, if
 * none has. */
static bool look_up_names(struct snapshot *snapshot, const struct surroundings *around)
{
	const struct conf *conf = snapshot->conf;
	struct conf_errors errors = {0};
	size_t with_address;

	if (!lacks_addresses(conf->upstreams, conf->n_upstreams, &with_address))
		return true;
	if (with_address == 0) {
		snapshot->helper_conf = conf_parse("built-in", "", 0, &errors);
		conf_errors_clear(&errors);
		if (snapshot->helper_conf == NULL)
			return false;
		snapshot->helper = make_set(snapshot, around, snapshot->helper_conf->upstreams,
			snapshot->helper_conf->n_upstreams, &snapshot->helper_endpoints);
		if (snapshot->helper == NULL)
			return false;
	}
	snapshot->bootstrap = bootstrap_new(around->loop, snapshot->set,
		snapshot->helper != NULL ? snapshot->helper : snapshot->set);
	return snapshot->bootstrap != NULL;
}

bool snapshot_make_route(const struct snapshot *snapshot, const struct surroundings *around,
	const struct conf_route *conf, struct route *ret)
{
	*ret = (struct route){.conf = conf};
	ret->set =
		make_set(snapshot, around, conf->upstreams, conf->n_upstreams, &ret->endpoints);
	if (ret->set == NULL)
		endpoints_forget(&ret->endpoints);
	return ret->set != NULL;
}

static bool make_sets(struct snapshot *snapshot, const struct surroundings *around)
{
	const struct conf *conf = snapshot->conf;

	snapshot->set = make_set(
		snapshot, around, conf->upstreams, conf->n_upstreams, &snapshot->endpoints);
	snapshot->routes = calloc(conf->n_routes + 1, sizeof *snapshot->routes);
	if (snapshot->set == NULL || snapshot->routes == NULL)
		return false;
	for (; snapshot->n_routes < conf->n_routes; snapshot->n_routes++) {
		if (!snapshot_make_route(snapshot, around, &conf->routes[snapshot->n_routes],
			    &snapshot->routes[snapshot->n_routes]))
			return false;
	}
	return look_up_names(snapshot, around);
}

struct conf *snapshot_conf(const char *path)
{
	struct conf_errors errors = {0};
	struct conf *conf = conf_load(path, &errors);

	for (size_t i = 0; i < errors.count; i++)
		log_line(LOG_ERROR, "%s", errors.lines[i]);
	if (conf == NULL && errors.count == 0)
		log_line(LOG_ERROR, "out of memory");
	conf_errors_clear(&errors);
	return conf;
}

/* The domains of routes are private, or might be: what the root says of them is not asked. */
static size_t negative_anchors(const struct conf *conf, const char **out)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n_negative_anchors; i++)
		out[n++] = conf->negative_anchors[i];
	for (size_t i = 0; i < conf->n_routes; i++)
		for (size_t j = 0; j < conf->routes[i].n_domains; j++)
			out[n++] = conf->routes[i].domains[j].name;
	return n;
}

static bool make_dnssec(struct snapshot *snapshot)
{
	const struct conf *conf = snapshot->conf;
	struct dnssec_params params = {.anchor_file = conf->trust_anchor_file};
	char why[512] = "out of memory";
	const char **negative;
	size_t n = conf->n_negative_anchors;

	if (!conf->dnssec)
		return true;
	for (size_t i = 0; i < conf->n_routes; i++)
		n += conf->routes[i].n_domains;
	negative = calloc(n + 1, sizeof *negative);
	if (negative != NULL) {
		params.n_negative = negative_anchors(conf, negative);
		params.negative = negative;
		snapshot->dnssec = dnssec_new(&params, why, sizeof why);
		free(negative);
	}
	if (snapshot->dnssec == NULL)
		log_line(LOG_ERROR, "TrustAnchorFile: %s", why);
	return snapshot->dnssec != NULL;
}

static struct snapshot *snapshot_new(struct ground *ground)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);

	if (snapshot == NULL) {
		log_line(LOG_ERROR, "out of memory");
		return NULL;
	}
	snapshot->references = 1;
	snapshot->ground = ground_ref(ground);
	snapshot->conf = ground->conf;
	snapshot->trust = ground->trust;
	snapshot->pins = ground->pins;
	if (make_dnssec(snapshot))
		return snapshot;
	snapshot_unref(snapshot);
	return NULL;
}

struct snapshot *snapshot_of(struct conf *conf, struct accepted_before *accepted_before)
{
	struct ground *ground = ground_of(conf, accepted_before);
	struct snapshot *snapshot = ground != NULL ? snapshot_new(ground) : NULL;

	ground_unref(ground);
	return snapshot;
}

bool snapshot_complete(struct snapshot *snapshot, const struct surroundings *around)
{
	snapshot->clock = around->clock;
	return make_sets(snapshot, around);
}

struct snapshot *snapshot_on(struct ground *ground, const struct surroundings *around)
{
	struct snapshot *snapshot = snapshot_new(ground);

	if (snapshot == NULL || snapshot_complete(snapshot, around))
		return snapshot;
	log_line(LOG_ERROR, "out of memory");
	snapshot_unref(snapshot);
	return NULL;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	snapshot->references++;
	return snapshot;
}

static bool has_root(const struct conf_domain *domains, size_t n)
{
	bool has = false;

	for (size_t i = 0; i < n; i++)
		has |= *domains[i].name == '\0';
	return has;
}

static bool is_one_of(const struct asked *asked, const struct conf_route *names)
{
	size_t at;

	for (size_t i = 0; i < names->n_domains; i++)
		if (asked_is_in(asked, names->domains[i].name, &at) && at == 0)
			return true;
	return false;
}

struct way snapshot_route(const struct snapshot *snapshot, struct wire question)
{
	const struct conf *conf = snapshot->conf;
	struct way way = {.set = snapshot->set, .is_default = true};
	const struct route *route;
	struct asked asked;
	size_t longest, configured;

	if (snapshot->n_routes + snapshot->n_link_routes == 0 && snapshot->portal == NULL)
		return way;
	asked_read(question, &asked);
	if (snapshot->portal != NULL && is_one_of(&asked, &snapshot->portal->conf))
		return (struct way){
			.set = snapshot->portal->route.set, .link = snapshot->portal};
	longest = routes_longest(conf->domains, conf->n_domains, &asked, 0);
	route = routes_find(snapshot->routes, snapshot->n_routes, &asked, &longest);
	if (route != NULL)
		way = (struct way){.set = route->set};
	/* What the configuration says of a domain goes before what a link says of the same; and
	 * none of its names goes out in plain text because of a link. */
	configured = longest;
	for (size_t i = 0; i < snapshot->n_link_routes; i++) {
		struct link_route *link = snapshot->link_routes[i];

		if (link->plain && configured > 0)
			continue;
		if (routes_find(&link->route, link->route.set != NULL, &asked, &longest) !=
			NULL)
			way = (struct way){.set = link->route.set, .link = link};
	}
	for (size_t i = 0; i < snapshot->n_link_routes && longest == 0; i++) {
		struct link_route *link = snapshot->link_routes[i];

		if (link->route.set != NULL &&
			has_root(link->conf.domains, link->conf.n_domains) &&
			!has_root(conf->domains, conf->n_domains))
			return (struct way){
				.set = link->route.set, .is_default = true, .link = link};
	}
	return way;
}

bool snapshot_asks_in_plain(const struct snapshot *snapshot, struct wire question)
{
	const struct upstream_set *set = snapshot_route(snapshot, question).set;
	const struct endpoint *endpoint;

	for (size_t i = 0; (endpoint = set_endpoint(set, i)) != NULL; i++)
		if (endpoint->protocol == PROTOCOL_PLAIN)
			return true;
	return false;
}

void snapshot_network_changed(const struct snapshot *snapshot)
{
	set_network_changed(snapshot->set, false);
	if (snapshot->helper != NULL)
		set_network_changed(snapshot->helper, false);
	if (snapshot->bootstrap != NULL)
		bootstrap_network_changed(snapshot->bootstrap);
	for (size_t i = 0; i < snapshot->n_routes; i++)
		set_network_changed(snapshot->routes[i].set, false);
	for (size_t i = 0; i < snapshot->n_link_routes; i++)
		if (snapshot->link_routes[i]->route.set != NULL)
			set_network_changed(snapshot->link_routes[i]->route.set, false);
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot == NULL || --snapshot->references > 0)
		return;
	bootstrap_free(snapshot->bootstrap);
	set_free(snapshot->helper);
	endpoints_forget(&snapshot->helper_endpoints);
	conf_free(snapshot->helper_conf);
	set_free(snapshot->set);
	for (size_t i = 0; i < snapshot->n_routes; i++) {
		set_free(snapshot->routes[i].set);
		endpoints_forget(&snapshot->routes[i].endpoints);
	}
	free(snapshot->routes);
	for (size_t i = 0; i < snapshot->n_link_routes; i++)
		link_route_unref(snapshot->link_routes[i]);
	free(snapshot->link_routes);
	link_route_unref(snapshot->portal);
	endpoints_forget(&snapshot->endpoints);
	dnssec_free(snapshot->dnssec);
	ground_unref(snapshot->ground);
	free(snapshot);
}
