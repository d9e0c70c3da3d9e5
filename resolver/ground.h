/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What snapshots stand on: a configuration, and of the files that it names those that are read
 * once for all workers. Immutable. Threads may share it: references are counted atomically.
 */
#include "conf/conf.h"
#include "resolver/lists.h"
#include "transport/verify.h"

struct ground {
	atomic_uint references;
	struct conf *conf;
	struct distrust *distrusted;
	struct pin *pins;
	struct trust *trust;
};

/* One reference, or NULL when anything is wrong, which has been logged. conf: moved, also when
 * this fails; NULL: then that has been logged already. accepted_before: borrowed until the last
 * reference is gone; NULL: nothing was. Threads ask it as they judge. */
struct ground *ground_of(struct conf *conf, struct accepted_before *accepted_before);
/* The same configuration, but what it names is read again. NULL also when the log list is older
 * than the present one. */
struct ground *ground_renew(
	const struct ground *present, struct accepted_before *accepted_before);
struct ground *ground_ref(struct ground *ground);
/* The last one frees it. NULL is allowed. */
void ground_unref(struct ground *ground);

struct list_paths ground_list_paths(const struct conf *conf);
