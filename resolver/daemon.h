/* SPDX-License-Identifier: MIT */
#pragma once
/* The daemon, from start to end: what it has once, and its workers (worker.h). */
#include <stdbool.h>

struct daemon;

/* Reads the configuration (NULL: the default place) and listens. NULL: it cannot; that was
 * logged. */
struct daemon *daemon_new(const char *conf_path);
/* Serves until SIGTERM or SIGINT, then answers what is under way. SIGHUP reloads. False: it
 * could not begin, which was logged. */
bool daemon_run(struct daemon *daemon);
void daemon_free(struct daemon *daemon);

/* Is the configuration good, and all that it names? What is wrong is logged. */
bool daemon_check(const char *conf_path);
