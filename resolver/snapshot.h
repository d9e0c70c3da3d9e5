/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One configuration and all that was made of it: trust, log list, upstreams. Immutable but for
 * its upstreams' state; replaced as a whole on reload. Queries keep the one they started under
 * alive.
 */
#include "conf/conf.h"
#include "resolver/lists.h"
#include "transport/clock.h"
#include "transport/set.h"

/* What outlives a snapshot; all borrowed. */
struct surroundings {
	struct loop *loop;
	const struct clock *clock;
	struct accepted_before *accepted_before;
	struct trace *trace;
};

struct snapshot {
	unsigned references;
	struct conf *conf;
	struct distrust *distrusted;
	struct pin *pins;
	struct trust *trust;
	struct upstream_set *set;
};

/*
 * Reads the configuration and whatever it names. path NULL: the default place.
 * Returns one reference, or NULL when anything is wrong, which has been logged.
 */
struct snapshot *snapshot_load(const struct surroundings *around, const char *path);
/* The same configuration, but what it names is read again. NULL when anything is wrong, or the
 * log list is older than the present one; which has been logged. */
struct snapshot *snapshot_renew(
	const struct surroundings *around, const struct snapshot *present);
/* The configuration alone; conf_free() frees it. NULL: mistakes, which have been logged. */
struct conf *snapshot_conf(const char *path);
struct list_paths snapshot_list_paths(const struct conf *conf);
/* A snapshot without upstreams, for who only judges. conf: moved, also when this fails; may be
 * NULL. accepted_before: borrowed, or NULL. */
struct snapshot *snapshot_of(struct conf *conf, struct accepted_before *accepted_before);
/* Where a configured upstream is, and who it must be. Borrowed from the snapshot. */
struct endpoint snapshot_endpoint(
	const struct snapshot *snapshot, const struct conf_upstream *upstream);
/* Is the configuration good, and all that it names? */
bool snapshot_check(const char *path);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* The last one frees it. NULL is allowed. */
void snapshot_unref(struct snapshot *snapshot);
