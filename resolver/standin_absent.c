/* SPDX-License-Identifier: MIT */
#include "resolver/standin.h"

/* One for all: there is nothing in it. */
static struct standin {
	char nothing;
} nobody;

unsigned standin_workers_max(void)
{
	return CONF_WORKERS_MAX;
}

struct standin *standin_new(struct loop *loop, const struct facts *facts, struct taps *taps,
	struct standin_owner *owner)
{
	(void)loop, (void)facts, (void)taps, (void)owner;
	return &nobody;
}

struct links *standin_links(const struct standin *standin)
{
	(void)standin;
	return NULL;
}

void standin_suspect_portal(struct standin *standin, const char *why)
{
	(void)standin, (void)why;
}

bool standin_follow(
	struct standin *standin, struct snapshot *snapshot, const struct surroundings *around)
{
	(void)standin, (void)snapshot, (void)around;
	return false;
}

void standin_announce(struct standin *standin)
{
	(void)standin;
}

void standin_configure(struct standin *standin)
{
	(void)standin;
}

void standin_upstream_changed(struct standin *standin)
{
	(void)standin;
}

void standin_network_changed(struct standin *standin)
{
	(void)standin;
}

void standin_free(struct standin *standin)
{
	(void)standin;
}
