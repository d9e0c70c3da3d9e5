/* SPDX-License-Identifier: MIT */
#include "resolver/standin.h"
#include "resolver/bus.h"
#include "resolver/link_routes.h"
#include "resolver/log.h"
#include "resolver/netif.h"
#include "resolver/networkd.h"
#include "resolver/runfiles.h"
#include "resolver/varlink.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct standin {
	struct front front;
	struct standin_owner *owner;
	struct links_observer observer;
	uint64_t since[FIGURES_N];
	struct netif *netif;
	struct networkd *networkd;
	struct runfiles *runfiles;
	struct varlink *varlink;
	struct bus *bus;
};

static void on_links_changed(struct links_observer *observer)
{
	struct standin *standin = container_of(observer, struct standin, observer);

	standin->owner->links_changed(standin->owner);
}

unsigned standin_workers_max(void)
{
	return 1;
}

struct standin *standin_new(struct loop *loop, const struct facts *facts, struct taps *taps,
	struct standin_owner *owner)
{
	struct standin *standin = calloc(1, sizeof *standin);
	struct front *front;

	if (standin == NULL)
		return NULL;
	standin->owner = owner;
	standin->observer.changed = on_links_changed;
	list_init(&standin->observer.node);
	front = &standin->front;
	front->loop = loop;
	front->facts = facts;
	front->taps = taps;
	front->since = standin->since;
	/* systemd makes it, for the unit. */
	if (mkdir(STANDIN_FOLDER, 0755) != 0 && errno != EEXIST)
		log_line(LOG_WARNING, "event=standin why=\"" STANDIN_FOLDER ": %s\"",
			strerror(errno));
	front->links = links_new(loop);
	if (front->links != NULL) {
		/* The first: what others are told holds already. */
		links_observe(front->links, &standin->observer);
		front->resolver = resolver_new(facts, front->links);
	}
	if (front->resolver != NULL)
		return standin;
	standin_free(standin);
	return NULL;
}

struct links *standin_links(const struct standin *standin)
{
	return standin->front.links;
}

void standin_suspect_portal(struct standin *standin, const char *why)
{
	if (standin != NULL && standin->bus != NULL)
		bus_suspect_portal(standin->bus, why);
}

bool standin_follow(
	struct standin *standin, struct snapshot *snapshot, const struct surroundings *around)
{
	return standin != NULL && link_routes_follow(snapshot, around, standin->front.links);
}

void standin_announce(struct standin *standin)
{
	const struct front *front = &standin->front;

	standin->netif = netif_new(front->links, NETIF_FOLDER);
	standin->networkd = networkd_new(front->loop, front->links, NETWORKD_FOLDER);
	standin->runfiles = runfiles_new(front, STANDIN_FOLDER);
	standin->varlink = varlink_new(front);
	standin->bus = bus_new(front);
	if (standin->netif == NULL || standin->networkd == NULL || standin->runfiles == NULL ||
		standin->varlink == NULL || standin->bus == NULL)
		log_line(LOG_ERROR, "event=standin why=\"out of memory\"");
	if (standin->bus != NULL)
		bus_announce(standin->bus);
}

void standin_configure(struct standin *standin)
{
	if (standin != NULL && standin->runfiles != NULL)
		runfiles_write(standin->runfiles);
	if (standin != NULL && standin->varlink != NULL)
		varlink_configure(standin->varlink);
	if (standin != NULL)
		bus_configure(standin->bus);
}

void standin_upstream_changed(struct standin *standin)
{
	if (standin != NULL)
		bus_upstream_changed(standin->bus);
}

void standin_network_changed(struct standin *standin)
{
	if (standin != NULL)
		links_network_changed(standin->front.links);
}

void front_statistics(const struct front *front, uint64_t ret[FIGURES_N])
{
	figures_read(front->facts, ret);
	for (size_t i = 0; i < FIGURES_N; i++)
		if (FIGURES[i].counter)
			ret[i] -= front->since[i];
}

void front_reset_statistics(const struct front *front)
{
	figures_read(front->facts, front->since);
}

void standin_free(struct standin *standin)
{
	if (standin == NULL)
		return;
	bus_free(standin->bus);
	varlink_free(standin->varlink);
	runfiles_free(standin->runfiles);
	networkd_free(standin->networkd);
	netif_free(standin->netif);
	resolver_free(standin->front.resolver);
	links_unobserve(&standin->observer);
	links_free(standin->front.links);
	free(standin);
}
