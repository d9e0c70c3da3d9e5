/* SPDX-License-Identifier: MIT */
#include "resolver/link_routes.h"
#include "resolver/links.h"
#include "resolver/log.h"
#include <stdlib.h>
#include <string.h>

/* A link's word is a stranger's: it gets neither what everybody's names are in, nor, in plain
 * text, what it does not have for itself. */
static bool may_route(const struct link_domain *domain, bool plain)
{
	if (plain)
		return domain->route_only && *domain->name != '\0' &&
		       !public_suffix(domain->name);
	return domain->route_only || !public_suffix(domain->name);
}

/* Of the settings, what a route is made of. */
static bool take_settings(const struct link_settings *from, struct link_settings *ret)
{
	struct link_settings some = {.servers = from->servers,
		.n_servers = from->n_servers,
		.domains = from->domains,
		.n_domains = from->n_domains};

	return link_settings_copy(&some, ret);
}

/* The same as before, if that was made of the same. */
static struct link_route *find_same(const struct snapshot *snapshot, const struct link *link,
	bool plain, const struct link_settings *settings)
{
	for (size_t i = 0; i < snapshot->n_link_routes; i++) {
		struct link_route *old = snapshot->link_routes[i];

		if (old->index == link->index && old->plain == plain &&
			strcmp(old->name, link->name) == 0 &&
			link_settings_same(&old->settings, settings))
			return old;
	}
	return NULL;
}

/* NULL: there is none for it. *changed: it was not there before. */
static struct link_route *route_of(const struct link *link, const struct snapshot *snapshot,
	const struct surroundings *around, bool *changed)
{
	enum conf_link_servers servers = conf_link_servers(snapshot->conf, link->name);
	const bool plain = servers == CONF_LINK_SERVERS_PLAIN;
	struct link_settings settings;
	struct link_route *route;

	if (servers == CONF_LINK_SERVERS_IGNORE || link->loopback || !link->up ||
		link->settings.n_servers == 0 || link->settings.n_domains == 0)
		return NULL;
	if (!take_settings(&link->settings, &settings)) {
		log_line(LOG_ERROR, "event=link link=%s why=\"out of memory\"", link->name);
		return NULL;
	}
	route = find_same(snapshot, link, plain, &settings);
	if (route != NULL) {
		route->references++;
		link_settings_clear(&settings);
		return route;
	}
	route = link_route_new(link, plain, &settings, may_route, snapshot, around);
	*changed |= route != NULL && route->route.set != NULL;
	if (route == NULL)
		log_line(LOG_ERROR, "event=link link=%s why=\"out of memory\"", link->name);
	else if (route->route.set != NULL)
		log_line(LOG_NOTICE, "event=link link=%s servers=%s domains=%zu", link->name,
			plain ? "plain" : "dot", route->conf.n_domains);
	link_settings_clear(&settings);
	return route;
}

bool link_routes_follow(
	struct snapshot *snapshot, const struct surroundings *around, const struct links *links)
{
	struct link_route **list, **old = snapshot->link_routes;
	size_t n = 0, n_old = snapshot->n_link_routes, room = 0;
	bool changed = false;

	while (links_at(links, room) != NULL)
		room++;
	list = calloc(room + 1, sizeof *list);
	if (list == NULL)
		return false;
	for (size_t i = 0; i < room; i++) {
		list[n] = route_of(links_at(links, i), snapshot, around, &changed);
		n += list[n] != NULL;
	}
	for (size_t i = 0; i < n_old; i++) {
		bool stays = false;

		for (size_t j = 0; j < n; j++)
			stays |= list[j] == old[i];
		changed |= !stays && old[i]->route.set != NULL;
	}
	snapshot->link_routes = list;
	snapshot->n_link_routes = n;
	for (size_t i = 0; i < n_old; i++)
		link_route_unref(old[i]);
	free(old);
	return changed;
}
