/* SPDX-License-Identifier: MIT */
#pragma once
/* What the parts of the daemon share among themselves. */
#include "resolver/control.h"
#include "resolver/daemon.h"
#include "resolver/dnstap.h"
#include "resolver/evidence.h"
#include "resolver/filewatch.h"
#include "resolver/metrics.h"
#include "resolver/report.h"
#include "resolver/standin.h"
#include "resolver/timekeeper.h"
#include "resolver/worker.h"

/* How often the log list's age is looked at, and the clock; while that is not set, more often,
 * for it may be found to be right without being set. */
enum { UPKEEP_MS = 3600 * 1000, UPKEEP_UNSET_MS = 60 * 1000 };

struct daemon {
	struct loop *loop; /* the first worker's */
	struct loop *loops[CONF_WORKERS_MAX];
	struct worker *workers[CONF_WORKERS_MAX];
	unsigned n;
	struct worker_owner worker_owner;
	struct crew *crew;
	struct relay *relay; /* NULL: there is one worker alone */
	struct waker noted;  /* a worker has something for the evidence */
	struct timekeeper *timekeeper;
	struct timekeeper_owner timekeeper_owner;
	struct evidence *evidence;
	struct filewatch *filewatch;
	struct filewatch_owner filewatch_owner;
	struct timer upkeep;
	struct timer watchdog;
	bool clock_unset; /* as it was told last, so too below */
	enum list_age list_age;
	const char *conf_path;
	struct ground *ground;
	struct facts *facts; /* of the first worker, and so of all */
	struct taps *taps;   /* of the first worker */
	struct control *control;
	struct metrics *metrics;
	struct dnstap *dnstap;
	struct standin *standin;
	struct standin_owner standin_owner;
	struct portal *portal;
	struct portal_owner portal_owner;
	struct signal_watch term, intr, hup;
};

/* It is ending: nobody may be held any more. */
static inline bool daemon_stops(const struct daemon *daemon)
{
	return worker_stops(daemon->workers[0]);
}

/* daemon_change.c: SIGHUP, another log list, another time, other links. */

/* Has it hear of them. */
void daemon_hear_changes(struct daemon *daemon);
/* NULL: mistakes, which have been logged. */
struct conf *daemon_load_conf(const char *path);
/* From now on; or nothing has changed, and it was said why. ground: moved, also when this
 * fails; NULL: then that was said already. */
bool daemon_use(struct daemon *daemon, struct ground *ground);
/* What one worker has seen signed has been signed for all. */
void daemon_share_clock(struct daemon *daemon);
