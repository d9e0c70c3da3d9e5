/* SPDX-License-Identifier: MIT */
/* What changes while the daemon runs: all workers at once, or none. */
#include "resolver/daemon_inside.h"
#include "resolver/log.h"
#include "resolver/notify.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

/* What one worker has seen signed has been signed for all. */
void daemon_share_clock(struct daemon *daemon)
{
	struct clock *clock = timekeeper_clock(daemon->timekeeper);

	crew_hold(daemon->crew);
	for (unsigned i = 0; i < daemon->n; i++)
		clock_raise(clock, daemon->workers[i]->clock->bound_ms);
	for (unsigned i = 1; i < daemon->n; i++)
		*daemon->workers[i]->clock = *clock;
	crew_release(daemon->crew);
}

/* Says what has changed of the clock and of the list's age. */
static void look_at_time(struct daemon *daemon, bool tell_all)
{
	struct ct_clock clock = clock_now(timekeeper_clock(daemon->timekeeper));
	const struct ct_log_list *list = trust_log_list(daemon->ground->trust);
	enum list_age age = list_age(list, clock);

	if (clock.unset != daemon->clock_unset)
		report_clock(clock);
	if (tell_all || age != daemon->list_age)
		report_list_age(list, clock);
	daemon->clock_unset = clock.unset;
	daemon->list_age = age;
}

/* Whether the routes of links are others now. */
static bool follow_links(struct daemon *daemon)
{
	struct worker *worker = daemon->workers[0];
	struct snapshot *snapshot = worker->snapshot;
	bool changed = standin_follow(daemon->standin, snapshot, &worker->around);

	local_follow_links(worker->local, snapshot->link_routes, snapshot->n_link_routes);
	return changed;
}

/* All that listens, as the configuration has it, and a snapshot for each worker; or nothing has
 * changed, and it was said why. */
static bool prepare(struct daemon *daemon, struct ground *ground)
{
	bool good = control_prepare(daemon->control, ground->conf) &&
		    metrics_prepare(daemon->metrics, ground->conf);

	for (unsigned i = 0; good && i < daemon->n; i++)
		good = worker_prepare(daemon->workers[i], ground);
	if (good)
		return true;
	control_abandon(daemon->control);
	metrics_abandon(daemon->metrics);
	for (unsigned i = 0; i < daemon->n; i++)
		worker_abandon(daemon->workers[i]);
	return false;
}

/* One reference to what was prepared is moved. */
static void commit(struct daemon *daemon, struct ground *ground)
{
	const struct conf *conf = ground->conf;
	const char *paths[] = {conf->log_list, conf->log_list_signature};

	control_commit(daemon->control);
	metrics_commit(daemon->metrics);
	portal_use(daemon->portal, daemon->workers[0]->next);
	timekeeper_use(daemon->timekeeper, trust_log_list(ground->trust));
	daemon_share_clock(daemon);
	for (unsigned i = 0; i < daemon->n; i++)
		worker_commit(daemon->workers[i]);
	ground_unref(daemon->ground);
	daemon->ground = ground;
	dnstap_apply(daemon->dnstap, conf->dnstap_socket);
	report_log_list(conf->log_list, trust_log_list(ground->trust));
	look_at_time(daemon, true);
	if (!filewatch_set(daemon->filewatch, paths, sizeof paths / sizeof *paths))
		log_line(LOG_WARNING,
			"event=log-list why=\"that it is replaced will not be seen: %s\"",
			strerror(errno));
	(void)follow_links(daemon);
	standin_configure(daemon->standin);
}

/* ground: moved, also when this fails; NULL: it was said what is wrong. */
bool daemon_use(struct daemon *daemon, struct ground *ground)
{
	bool good;

	if (ground == NULL)
		return false;
	crew_hold(daemon->crew);
	good = prepare(daemon, ground);
	if (good)
		commit(daemon, ground);
	else
		ground_unref(ground);
	crew_release(daemon->crew);
	return good;
}

/* What stands in for systemd-resolved knows of links in one thread alone. */
static bool workers_suit(const struct conf *conf)
{
	unsigned most = standin_workers_max();

	if (conf->workers <= most)
		return true;
	log_line(LOG_ERROR,
		"Workers: %u: a program that stands in for systemd-resolved has %u alone",
		conf->workers, most);
	return false;
}

/* NULL: mistakes, which have been logged. */
struct conf *daemon_load_conf(const char *path)
{
	struct conf *conf = snapshot_conf(path);

	if (conf == NULL || workers_suit(conf))
		return conf;
	conf_free(conf);
	return NULL;
}

static void on_reload(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	struct daemon *daemon = container_of(watch, struct daemon, hup);
	struct ground *ground;

	if (daemon_stops(daemon))
		return;
	notify_reloading();
	ground = ground_of(daemon_load_conf(daemon->conf_path),
		evidence_accepted_before(daemon->evidence));
	if (daemon_use(daemon, ground)) {
		log_line(LOG_NOTICE, "event=reloaded");
		if (daemon->ground->conf->workers != daemon->n)
			log_line(LOG_WARNING,
				"event=workers why=\"there are %u until it is started again\"",
				daemon->n);
	} else {
		log_line(LOG_ERROR,
			"event=reload-failed why=\"see above; nothing has changed\"");
	}
	notify_ready();
}

/* The same configuration with what it names as it is now. */
static void renew(struct daemon *daemon, const char *event)
{
	if (daemon_stops(daemon))
		return;
	if (daemon_use(daemon,
		    ground_renew(daemon->ground, evidence_accepted_before(daemon->evidence))))
		log_line(LOG_NOTICE, "event=%s", event);
	else
		log_line(LOG_ERROR, "event=%s-failed why=\"see above; nothing has changed\"",
			event);
}

static void on_upkeep(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, upkeep);
	bool was_unset = daemon->clock_unset;

	if (daemon_stops(daemon))
		return;
	daemon_share_clock(daemon);
	look_at_time(daemon, false);
	if (was_unset && !daemon->clock_unset)
		renew(daemon, "judged-again");
	timekeeper_save(daemon->timekeeper, false);
	(void)!timer_start(
		daemon->loop, timer, daemon->clock_unset ? UPKEEP_UNSET_MS : UPKEEP_MS);
}

static void on_list_changed(struct filewatch_owner *owner)
{
	renew(container_of(owner, struct daemon, filewatch_owner), "log-list-replaced");
}

static void on_clock_set(struct timekeeper_owner *owner)
{
	renew(container_of(owner, struct daemon, timekeeper_owner), "judged-again");
}

static void on_links_changed(struct standin_owner *owner)
{
	struct daemon *daemon = container_of(owner, struct daemon, standin_owner);

	if (follow_links(daemon))
		queries_flush(daemon->workers[0]->queries);
	portal_follow_links(daemon->portal);
}

void daemon_hear_changes(struct daemon *daemon)
{
	daemon->hup.caught = on_reload;
	daemon->upkeep.fired = on_upkeep;
	daemon->timekeeper_owner.clock_was_set = on_clock_set;
	daemon->filewatch_owner.changed = on_list_changed;
	daemon->standin_owner.links_changed = on_links_changed;
}
