/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The addresses of upstreams that are known by name alone (https://NAME). They are asked for
 * through encrypted upstreams whose addresses are known, never in plain text; the certificate
 * must be for the address in any case.
 */
#include "transport/set.h"

struct bootstrap;

/*
 * Begins to look for the addresses of all endpoints of `set` that have none, and looks again
 * when they may have changed.
 *
 * ask  who is asked; may be `set` itself. Both are borrowed until bootstrap_free().
 *
 * NULL: no memory.
 */
struct bootstrap *bootstrap_new(
	struct loop *loop, struct upstream_set *set, struct upstream_set *ask);
/* Those for which nobody could be asked are looked for at once; what is being looked for is
 * soon looked for again if that is in vain. */
void bootstrap_network_changed(struct bootstrap *bootstrap);
/* Before the sets. NULL is allowed. */
void bootstrap_free(struct bootstrap *bootstrap);
