/* SPDX-License-Identifier: MIT */
#include "resolver/portal.h"
#include "resolver/link_route.h"
#include "resolver/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often is looked whether it may be closed; and whether an upstream can be reached, which
 * else is only found out when somebody asks. */
enum { LOOK_MS = 1000, DIAL_LOOKS = 2, HOSTS_MORE_MAX = 16, SUSPECT_MS = 60000 };

struct portal {
	const struct surroundings *around;
	struct links *links;
	struct portal_owner *owner;
	struct snapshot *snapshot; /* borrowed; its portal is the open window */
	struct timer timer;
	uint64_t until_ms;
	unsigned looks, more; /* names that were added */
	bool has_suspected;
	uint64_t suspected_ms;
};

/* An upstream of the default route can be reached, and is trusted. */
static bool is_needless(const struct portal *portal)
{
	const struct upstream *upstream;

	for (size_t i = 0; (upstream = set_upstream(portal->snapshot->set, i)) != NULL; i++)
		if (upstream_readiness(upstream) == UPSTREAM_READY)
			return true;
	return false;
}

/* One may be, as far as is known: it has answered, and was not in vain dialled since; or it is
 * being dialled for the first time. */
static bool is_hopeful(const struct portal *portal)
{
	const struct upstream_set *set = portal->snapshot->set;
	const struct upstream *upstream;

	for (size_t i = 0; (upstream = set_upstream(set, i)) != NULL; i++) {
		enum readiness readiness = upstream_readiness(upstream);

		if (readiness == UPSTREAM_READY)
			return true;
		if (set_is_well(set, i) &&
			(readiness == UPSTREAM_DIALING || upstream_answered_since(upstream, 0)))
			return true;
	}
	return false;
}

static void replace(struct portal *portal, struct link_route *route)
{
	link_route_unref(portal->snapshot->portal);
	portal->snapshot->portal = route;
	portal->owner->changed(portal->owner);
}

void portal_close(struct portal *portal, const char *why)
{
	if (portal->snapshot == NULL || portal->snapshot->portal == NULL)
		return;
	timer_stop(&portal->timer);
	log_line(LOG_NOTICE, "event=portal-closed why=\"%s\"", why);
	replace(portal, NULL);
}

static void look(struct timer *timer)
{
	struct portal *portal = container_of(timer, struct portal, timer);

	if (is_needless(portal))
		portal_close(portal, "an upstream can be reached and is trusted");
	else if (loop_now_ms(portal->around->loop) >= portal->until_ms)
		portal_close(portal, "its time is over");
	else if (!timer_start(portal->around->loop, timer, LOOK_MS))
		portal_close(portal, "out of memory");
	else if (++portal->looks % DIAL_LOOKS == 0)
		set_dial(portal->snapshot->set);
}

struct portal *portal_new(
	const struct surroundings *around, struct links *links, struct portal_owner *owner)
{
	struct portal *portal = calloc(1, sizeof *portal);

	if (portal == NULL)
		return NULL;
	portal->around = around;
	portal->links = links;
	portal->owner = owner;
	portal->timer.fired = look;
	return portal;
}

void portal_free(struct portal *portal)
{
	if (portal == NULL)
		return;
	timer_done(&portal->timer);
	free(portal);
}

void portal_use(struct portal *portal, struct snapshot *snapshot)
{
	portal_close(portal, "there is another configuration");
	portal->snapshot = snapshot;
}

static bool has_servers(const struct link *link)
{
	return link->up && !link->loopback && link->settings.n_servers > 0;
}

/* The link that is meant; NULL: `why` says why not. */
static const struct link *find_link(
	const struct portal *portal, const char *name, char *why, size_t size)
{
	const struct link *found = NULL, *link;

	for (size_t i = 0; portal->links != NULL && (link = links_at(portal->links, i)) != NULL;
		i++) {
		if (!has_servers(link) || (name != NULL && strcmp(link->name, name) != 0))
			continue;
		if (found != NULL) {
			snprintf(why, size, "%s and %s have servers: which one is meant?",
				found->name, link->name);
			return NULL;
		}
		found = link;
	}
	if (found == NULL && name != NULL)
		snprintf(why, size, "%s has no server that is known", name);
	else if (found == NULL)
		snprintf(why, size, "no server of a link is known: it must be named");
	return found;
}

static bool may_all(const struct link_domain *domain, bool plain)
{
	(void)domain, (void)plain;
	return true;
}

/* settings: moved. NULL: no memory. */
static struct link_route *window_of(
	struct portal *portal, const struct link *link, struct link_settings *settings)
{
	struct link_route *route =
		link_route_new(link, true, settings, may_all, portal->snapshot, portal->around);

	if (route != NULL)
		route->portal = true;
	return route;
}

/* NULL: no memory. hosts: NULL: those of the configuration. */
static struct link_route *make(struct portal *portal, const struct link *link,
	const struct link_settings *servers, const char *host)
{
	const struct conf *conf = portal->snapshot->conf;
	struct link_settings settings = {0};
	bool good = true;

	for (size_t i = 0; good && i < servers->n_servers; i++)
		good = link_add_server(&settings, &servers->servers[i].address, 0, NULL);
	if (host != NULL)
		good = good && link_add_domain(&settings, host, true);
	for (size_t i = 0; host == NULL && good && i < conf->n_portal_hosts; i++)
		good = link_add_domain(&settings, conf->portal_hosts[i], true);
	if (!good) {
		link_settings_clear(&settings);
		return NULL;
	}
	return window_of(portal, link, &settings);
}

/* Opens it on this link, or says why not. */
static bool open_on(struct portal *portal, const struct link *link,
	const struct link_settings *servers, const struct portal_request *request, char *why,
	size_t size)
{
	struct link_route *route;

	if (is_needless(portal)) {
		snprintf(why, size,
			"an upstream can be reached and is trusted: nothing is in the way");
		return false;
	}
	route = make(portal, link, servers, request->host);
	if (route == NULL || route->route.set == NULL ||
		!timer_start(portal->around->loop, &portal->timer, LOOK_MS)) {
		snprintf(why, size, "%s",
			route != NULL && route->route.set == NULL
				? "its servers cannot be asked"
				: "out of memory");
		link_route_unref(route);
		return false;
	}
	portal->until_ms =
		loop_now_ms(portal->around->loop) + (uint64_t)request->seconds * 1000;
	portal->looks = portal->more = 0;
	log_line(LOG_WARNING,
		"event=portal-opened link=%s server=%s seconds=%u names=%zu why=\"%s\"",
		*link->name != '\0' ? link->name : "-", set_endpoint(route->route.set, 0)->text,
		(unsigned)request->seconds, route->conf.n_domains,
		"these names are asked in plain text, no others");
	replace(portal, route);
	set_dial(portal->snapshot->set);
	return true;
}

bool portal_open(
	struct portal *portal, const struct portal_request *request, char *why, size_t size)
{
	static const struct link nowhere;
	const struct link *link;
	struct link_server server = request->server;
	struct link_settings own = {.servers = &server, .n_servers = 1};

	if (server.address.size > 0)
		return open_on(portal, &nowhere, &own, request, why, size);
	link = find_link(portal, request->link, why, size);
	return link != NULL && open_on(portal, link, &link->settings, request, why, size);
}

bool portal_allow(struct portal *portal, const char *host, char *why, size_t size)
{
	struct link_route *old = portal->snapshot->portal, *route;
	struct link link = {0};
	struct link_settings settings;

	if (old == NULL || portal->more >= HOSTS_MORE_MAX) {
		snprintf(why, size, "%s", old == NULL ? "it is closed" : "too many names");
		return false;
	}
	link.index = old->index;
	memcpy(link.name, old->name, sizeof link.name);
	if (!link_settings_copy(&old->settings, &settings) ||
		!link_add_domain(&settings, host, true)) {
		link_settings_clear(&settings);
		snprintf(why, size, "not a host name");
		return false;
	}
	route = window_of(portal, &link, &settings);
	if (route == NULL) {
		snprintf(why, size, "out of memory");
		return false;
	}
	portal->more++;
	replace(portal, route);
	return true;
}

void portal_check(struct portal *portal, int index, const char *host)
{
	const struct conf *conf = portal->snapshot->conf;
	const struct link *link =
		portal->links != NULL ? links_find(portal->links, index) : NULL;
	struct portal_request request = {.host = host, .seconds = PORTAL_CHECK_SECONDS};
	bool known = false;
	char why[64];

	for (size_t i = 0; i < conf->n_portal_hosts; i++)
		known |= strcasecmp(conf->portal_hosts[i], host) == 0;
	if (!conf->portal_check || !known || link == NULL || !has_servers(link) ||
		portal->snapshot->portal != NULL)
		return;
	/* Nobody has asked to weaken anything: there must be a reason. */
	if (is_hopeful(portal))
		set_dial(portal->snapshot->set);
	else
		(void)open_on(portal, link, &link->settings, &request, why, sizeof why);
}

static bool has_server(const struct link *link, const struct address *address)
{
	for (size_t i = 0; i < link->settings.n_servers; i++)
		if (memcmp(&link->settings.servers[i].address, address, sizeof *address) == 0)
			return true;
	return false;
}

void portal_follow_links(struct portal *portal)
{
	const struct link_route *window = portal->snapshot->portal;
	const struct link *link;
	bool same;

	if (window == NULL || window->index == 0)
		return;
	link = links_find(portal->links, window->index);
	same = link != NULL && link->up;
	for (size_t i = 0; same && i < window->settings.n_servers; i++)
		same = has_server(link, &window->settings.servers[i].address);
	if (!same)
		portal_close(portal, "its link has gone, or has other servers");
}

void portal_note_upstream(struct portal *portal, const char *failure)
{
	const uint64_t now = loop_now_ms(portal->around->loop);
	bool behind = false;

	if (failure == NULL) {
		/* Not before the connection is ready: at the end of this turn, or later. */
		if (portal->snapshot->portal != NULL &&
			!timer_start(portal->around->loop, &portal->timer, 0))
			portal_close(portal, "out of memory");
		return;
	}
	for (size_t i = 0; portal->links != NULL && links_at(portal->links, i) != NULL; i++)
		behind |= has_servers(links_at(portal->links, i));
	if (!behind || !portal->snapshot->conf->portal_asks ||
		portal->snapshot->portal != NULL || is_needless(portal) ||
		(portal->has_suspected && now - portal->suspected_ms < SUSPECT_MS))
		return;
	portal->has_suspected = true;
	portal->suspected_ms = now;
	portal->owner->suspected(portal->owner, failure);
}

const struct link_route *portal_window(const struct portal *portal, uint32_t *ret_left_s)
{
	const uint64_t now = loop_now_ms(portal->around->loop);

	*ret_left_s =
		portal->until_ms > now ? (uint32_t)((portal->until_ms - now + 999) / 1000) : 0;
	return portal->snapshot != NULL ? portal->snapshot->portal : NULL;
}
