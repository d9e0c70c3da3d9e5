/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One configuration and all that was made of it: trust, log list, upstreams. Immutable but for
 * its upstreams' state; replaced as a whole on reload. Queries keep the one they started under
 * alive. Each worker has its own, on the same ground.
 */
#include "resolver/bootstrap.h"
#include "resolver/dnssec.h"
#include "resolver/ground.h"
#include "resolver/routes.h"
#include "transport/clock.h"
#include "transport/set.h"

/* What outlives a snapshot; all borrowed. */
struct surroundings {
	struct loop *loop;
	const struct clock *clock;
	struct trace *trace;
	struct netwatch *netwatch; /* NULL: none */
};

struct snapshot {
	unsigned references;
	struct ground *ground;
	/* The ground's. */
	struct conf *conf;
	const struct pin *pins;
	const struct trust *trust;
	struct dnssec *dnssec; /* NULL: answers are not validated */
	const struct clock *clock;
	struct endpoints endpoints;
	struct upstream_set *set; /* the default one */
	/* For upstreams without an address; NULL: there are none. The helper is asked for it,
	 * if it is not NULL. */
	struct bootstrap *bootstrap;
	struct conf *helper_conf;
	struct endpoints helper_endpoints;
	struct upstream_set *helper;
	struct route *routes;
	size_t n_routes;
	struct link_route *portal; /* a window that is open (portal.h); else NULL */
	/* Those of links: they change while it is in use (link_routes.h). */
	struct link_route **link_routes;
	size_t n_link_routes;
};

/* One reference; the ground gets one more. NULL when anything is wrong, which has been logged.
 * around: borrowed until its last reference is gone. */
struct snapshot *snapshot_on(struct ground *ground, const struct surroundings *around);
/* The configuration alone; conf_free() frees it. NULL: mistakes, which have been logged. */
struct conf *snapshot_conf(const char *path);
/* A snapshot without upstreams, for who only judges. conf: moved, also when this fails; may be
 * NULL. accepted_before: borrowed, or NULL. */
struct snapshot *snapshot_of(struct conf *conf, struct accepted_before *accepted_before);
/* Gives it its upstreams. False: no memory. */
[[nodiscard]] bool snapshot_complete(
	struct snapshot *snapshot, const struct surroundings *around);
/* What sets of upstreams are made with. */
struct set_params snapshot_set_params(
	const struct snapshot *snapshot, const struct surroundings *around);
/* A route of upstreams; conf and pins of the snapshot are borrowed. False: no memory. */
bool snapshot_make_route(const struct snapshot *snapshot, const struct surroundings *around,
	const struct conf_route *conf, struct route *ret);

/* Who is asked. */
struct way {
	struct upstream_set *set;
	bool is_default;         /* of all that belongs to no route */
	struct link_route *link; /* NULL: it is no link's; else link_route_ref() keeps it */
};

/* The upstreams for a question. */
struct way snapshot_route(const struct snapshot *snapshot, struct wire question);
/* Do answers to it come in plain text, or some of them? */
bool snapshot_asks_in_plain(const struct snapshot *snapshot, struct wire question);
/* As set_network_changed(), for those whose way has changed. */
void snapshot_network_changed(const struct snapshot *snapshot);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* The last one frees it. NULL is allowed. */
void snapshot_unref(struct snapshot *snapshot);
