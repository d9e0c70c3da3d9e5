/* SPDX-License-Identifier: MIT */
#include "resolver/link_route.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_OF_ONE_MAX = 8 };

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
static bool fill(struct link_route *made, bool (*may)(const struct link_domain *, bool),
	const struct snapshot *snapshot, const struct surroundings *around)
{
	const struct link_settings *settings = &made->settings;
	struct conf_route *conf = &made->conf;

	conf->domains = calloc(settings->n_domains + 1, sizeof *conf->domains);
	conf->upstreams = calloc(SERVERS_OF_ONE_MAX, sizeof *conf->upstreams);
	if (conf->domains == NULL || conf->upstreams == NULL)
		return false;
	for (size_t i = 0; i < settings->n_domains; i++)
		if (may(&settings->domains[i], made->plain))
			conf->domains[conf->n_domains++] = (struct conf_domain){
				settings->domains[i].name, settings->domains[i].route_only};
	for (size_t i = 0; i < settings->n_servers && conf->n_upstreams < SERVERS_OF_ONE_MAX;
		i++)
		if (!address_is_link_local6(&settings->servers[i].address) &&
			!add_upstream(made, &settings->servers[i]))
			return false;
	if (conf->n_domains == 0 || conf->n_upstreams == 0)
		return true; /* it is no route */
	return snapshot_make_route(snapshot, around, conf, &made->route);
}

struct link_route *link_route_ref(struct link_route *route)
{
	if (route != NULL)
		route->references++;
	return route;
}

void link_route_unref(struct link_route *route)
{
	if (route == NULL || --route->references > 0)
		return;
	set_free(route->route.set);
	endpoints_forget(&route->route.endpoints);
	for (size_t i = 0; i < route->conf.n_upstreams; i++)
		free((char *)(uintptr_t)route->conf.upstreams[i].text);
	free(route->conf.upstreams);
	free(route->conf.domains);
	link_settings_clear(&route->settings);
	free(route);
}

struct link_route *link_route_new(const struct link *link, bool plain,
	struct link_settings *settings,
	bool (*may)(const struct link_domain *domain, bool plain),
	const struct snapshot *snapshot, const struct surroundings *around)
{
	struct link_route *made = calloc(1, sizeof *made);

	if (made == NULL) {
		link_settings_clear(settings);
		return NULL;
	}
	made->references = 1;
	made->index = link->index;
	memcpy(made->name, link->name, sizeof made->name);
	made->plain = plain;
	made->settings = *settings;
	*settings = (struct link_settings){0};
	if (fill(made, may, snapshot, around))
		return made;
	link_route_unref(made);
	return NULL;
}
