/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Stands in for systemd-resolved: its links, its D-Bus name, its varlink sockets, its files in
 * /run/systemd/resolve. Each part is a front end, and gets what it needs by a struct front.
 */
#include "resolver/figures.h"
#include "resolver/links.h"
#include "resolver/resolve.h"
#include "resolver/tap.h"

#define STANDIN_FOLDER "/run/systemd/resolve"

/* What front ends work with; all borrowed. */
struct front {
	struct loop *loop;
	const struct facts *facts; /* facts->snapshot->conf is the configuration of now */
	struct links *links;
	struct resolver *resolver;
	struct taps *taps;
	uint64_t *since; /* of FIGURES: what counters were at front_reset_statistics() */
};

/* As figures_read(), but counters are from the last front_reset_statistics() on, by whichever
 * front end: the metrics and ctresolvectl(1) never go back. */
void front_statistics(const struct front *front, uint64_t ret[FIGURES_N]);
void front_reset_statistics(const struct front *front);

struct standin;

struct standin_owner {
	/* Links are others now: see standin_follow(). */
	void (*links_changed)(struct standin_owner *);
};

/* How many workers it can do with, at most. */
unsigned standin_workers_max(void);

/* In ctresolved itself, which stands in for nobody, these do nothing (standin_absent.c); in
 * ctresolved-resolved they do it all.
 *
 * loop to taps: borrowed. NULL: no memory. */
struct standin *standin_new(struct loop *loop, const struct facts *facts, struct taps *taps,
	struct standin_owner *owner);
/* NULL: none is known. */
struct links *standin_links(const struct standin *standin);
/* See struct portal_owner. NULL is allowed. */
void standin_suspect_portal(struct standin *standin, const char *why);
/* The snapshot's routes of links become what is wanted now. Returns whether anything has
 * changed: then answers that are cached may be others now. NULL is allowed. */
bool standin_follow(
	struct standin *standin, struct snapshot *snapshot, const struct surroundings *around);
/* All else is ready: from now on it is to be found. */
void standin_announce(struct standin *standin);
/* The configuration is another one. NULL is allowed, so too below. */
void standin_configure(struct standin *standin);
/* A connection to an upstream began or ended. */
void standin_upstream_changed(struct standin *standin);
void standin_network_changed(struct standin *standin);
void standin_free(struct standin *standin);
