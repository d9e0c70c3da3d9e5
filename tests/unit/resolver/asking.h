/* SPDX-License-Identifier: MIT */
#pragma once
/* Lookups by function through all that answers them, with a DNS server in the same loop. */
#include "resolver/resolve.h"

struct world;

/* options: lines of [Resolve]. The server has what is in "test" and at 198.51.100.0/24; nobody
 * is there for all else. Links are those of asking_link(). */
struct world *world_new(const char *options);
void world_free(struct world *world);
struct resolver *world_resolver(const struct world *world);
struct loop *world_loop(const struct world *world);
/* How many questions the server had since this was asked the last time. */
unsigned world_asked(struct world *world);
/* This machine has one more link, with these search domains, separated by spaces, up to
 * world_free(). */
void world_add_link(int index, const char *domains);

/*
 * Waits for the end, and tells it in text, until the next: what was found, and in brackets
 * where that comes from: Local, Cache or Network, Authenticated, confidential ("Private"); or
 * "! " and what resolve_why() says.
 */
const char *world_resolve(struct world *world, const struct resolve_request *request);
/* How the last one ended. */
enum resolve_err world_err(const struct world *world);

/* The same for the addresses of a name. */
const char *world_hostname(struct world *world, const char *name, int family, uint64_t flags);
