/* SPDX-License-Identifier: MIT */
#include "resolver/link_routes.h"
#include "resolver/links.h"
#include "resolver/log.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_OF_ONE_MAX = 8, TEXT_MAX = 128 };

/* A link's word is a stranger's: it gets neither what everybody's names are in, nor, in plain
 * text, what it does not have for itself. */
static bool may_route(const struct link_domain *domain, bool plain)
{
	if (plain)
		return domain->route_only && *domain->name != '\0' &&
		       !public_suffix(domain->name);
	return domain->route_only || !public_suffix(domain->name);
}

/* Such an address needs an interface besides, or is our own. */
static bool may_ask(const struct link_server *server)
{
	const uint8_t *bytes = server->address.bytes;

	if (server->address.size == 4)
		return memcmp(bytes, "\177\0\0\065", 4) != 0 &&
		       memcmp(bytes, "\177\0\0\066", 4) != 0;
	return !(bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/* As it could stand in DNS=. NULL: no memory. */
static char *text_of(const struct conf_upstream *upstream, bool plain)
{
	const struct conf_address *address = &upstream->address;
	char host[INET6_ADDRSTRLEN] = "", port[8] = "", *text;

	inet_ntop(address->size == 4 ? AF_INET : AF_INET6, address->bytes, host, sizeof host);
	if (address->port != 0)
		snprintf(port, sizeof port, ":%u", address->port);
	if (asprintf(&text, "%s%s%s%s%s%s%s", plain ? "plain://" : "tls://",
		    address->size == 16 ? "[" : "", host, address->size == 16 ? "]" : "", port,
		    upstream->name != NULL ? "#" : "",
		    upstream->name != NULL ? upstream->name : "") < 0)
		return NULL;
	return text;
}

static bool add_upstream(struct link_route *made, const struct link_server *server)
{
	struct conf_upstream *upstream = &made->conf.upstreams[made->conf.n_upstreams];

	*upstream = (struct conf_upstream){
		.address = {.size = server->address.size, .port = server->port},
		.protocol_given = true,
		.protocol = made->plain ? CONF_PROTOCOL_PLAIN : CONF_PROTOCOL_TLS,
		.name = made->plain ? NULL : server->name,
	};
	memcpy(upstream->address.bytes, server->address.bytes, sizeof upstream->address.bytes);
	upstream->text = text_of(upstream, made->plain);
	made->conf.n_upstreams += upstream->text != NULL;
	return upstream->text != NULL;
}

/* False: no memory. */
static bool fill(struct link_route *made, const struct snapshot *snapshot,
	const struct surroundings *around)
{
	const struct link_settings *settings = &made->settings;
	struct conf_route *conf = &made->conf;

	conf->domains = calloc(settings->n_domains + 1, sizeof *conf->domains);
	conf->upstreams = calloc(SERVERS_OF_ONE_MAX, sizeof *conf->upstreams);
	if (conf->domains == NULL || conf->upstreams == NULL)
		return false;
	for (size_t i = 0; i < settings->n_domains; i++)
		if (may_route(&settings->domains[i], made->plain))
			conf->domains[conf->n_domains++] = (struct conf_domain){
				settings->domains[i].name, settings->domains[i].route_only};
	for (size_t i = 0; i < settings->n_servers && conf->n_upstreams < SERVERS_OF_ONE_MAX;
		i++)
		if (may_ask(&settings->servers[i]) &&
			!add_upstream(made, &settings->servers[i]))
			return false;
	if (conf->n_domains == 0 || conf->n_upstreams == 0)
		return true; /* it is no route */
	return snapshot_make_route(snapshot, around, conf, &made->route);
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

static struct link_route *make(const struct link *link, bool plain,
	struct link_settings *settings, const struct snapshot *snapshot,
	const struct surroundings *around)
{
	struct link_route *made = calloc(1, sizeof *made);

	if (made == NULL)
		return NULL;
	made->references = 1;
	made->index = link->index;
	memcpy(made->name, link->name, sizeof made->name);
	made->plain = plain;
	made->settings = *settings;
	*settings = (struct link_settings){0};
	if (fill(made, snapshot, around))
		return made;
	link_route_unref(made);
	return NULL;
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
	route = make(link, plain, &settings, snapshot, around);
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
