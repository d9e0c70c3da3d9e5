/* SPDX-License-Identifier: MIT */
#pragma once
/* One thread of the daemon: its loop, listeners, configuration and queries, from start to end.
 */

struct worker;

/* Reads the configuration (NULL: the default place) and listens. NULL: it cannot; that was
 * logged. */
struct worker *worker_new(const char *conf_path);
/* Serves until SIGTERM or SIGINT, then answers what is under way. SIGHUP reloads. */
void worker_run(struct worker *worker);
void worker_free(struct worker *worker);
