/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One configuration and all that was made of it: trust, log list, upstreams. Immutable but for
 * its upstreams' state; replaced as a whole on reload. Queries keep the one they started under
 * alive.
 */
#include "conf/conf.h"
#include "transport/set.h"

struct snapshot {
	unsigned references;
	struct conf *conf;
	struct distrust *distrusted;
	struct trust *trust;
	struct trace trace;
	struct upstream_set *set;
};

/*
 * Reads the configuration and whatever it names. path NULL: the default place.
 * Returns one reference, or NULL when anything is wrong, which has been logged.
 */
struct snapshot *snapshot_load(struct loop *loop, const char *path);
/* The same without upstreams: is the configuration good? */
bool snapshot_check(const char *path);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* The last one frees it. NULL is allowed. */
void snapshot_unref(struct snapshot *snapshot);
