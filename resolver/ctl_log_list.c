/* SPDX-License-Identifier: MIT */
/* ctresolvectl log-list: shows, checks and installs the list of Certificate Transparency logs.
 */
#include "ctpolicy/report_json.h"
#include "resolver/ctl.h"
#include "resolver/ctl_show.h"
#include "resolver/report.h"
#include "resolver/snapshot.h"
#include "resolver/timekeeper.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS UINT64_C(86400000)

static const char HELP[] =
	"Usage: ctresolvectl log-list show [--json] [FILE]\n"
	"       ctresolvectl log-list check|install [--signature SIG --key KEY.pem] [--json] "
	"FILE\n"
	"\n"
	"  show     what is in the list of the configuration, or in FILE\n"
	"  check    could FILE be installed? What would be different?\n"
	"  install  put FILE in the place of the list of the configuration; a running daemon "
	"takes it\n"
	"           by itself\n"
	"\n"
	"  -s, --signature SIG  the signature of FILE; with LogListSignature= in the "
	"configuration it is\n"
	"                       needed, and installed with it\n"
	"  -k, --key KEY.pem    the public key that verifies it; not with LogListKey= in the\n"
	"                       configuration, which is then the only one that counts\n"
	"  -j, --json           print JSON\n"
	"\n"
	"A list must be newer than the present one, and not from the future. Exit status: 0 "
	"yes, 1 no,\n"
	"2 error.\n";

struct task {
	bool json;
	const char *action, *file, *signature, *key;
	struct conf *conf;
	struct ct_clock clock;
	struct list_file present, new; /* present.list may be NULL: it cannot be read */
	char why[512];                 /* why not; "": nothing speaks against it */
};

static const char *age_name(const struct ct_log_list *list, struct ct_clock clock)
{
	switch (list_age(list, clock)) {
	case LIST_FRESH: return "fresh";
	case LIST_AGEING: return "ageing";
	case LIST_STALE: break;
	}
	return "stale";
}

static const char *kind_name(const struct ct_log *log)
{
	return log->tiled ? "static-ct" : "rfc6962";
}

static json_t *log_json(const struct ct_log *log)
{
	char id[65], since[32], from[32], until[32];
	bool some_end = log->interval_end_ms != UINT64_MAX;

	return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s, s:b, s:s, s:s, s:s*}", "operator",
		log->operator_name, "description", log->description, "log_id",
		report_hex(log->id, id), "state", ct_log_state_name(log->state), "since",
		log->state != CT_LOG_STATELESS ? report_time(log->state_since_ms, since) : NULL,
		"kind", kind_name(log), "barred", log->barred, "url", log->url,
		"interval_start", report_time(log->interval_start_ms, from), "interval_end",
		some_end ? report_time(log->interval_end_ms, until) : NULL);
}

static json_t *list_json(
	const struct ct_log_list *list, const char *path, struct ct_clock clock)
{
	uint64_t made_ms = ct_log_list_timestamp_ms(list);
	char made[32], stale[32], until[32];
	json_t *logs = json_array();

	for (size_t i = 0; i < ct_log_list_size(list); i++)
		(void)!json_array_append_new(logs, log_json(ct_log_list_at(list, i)));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "file", path, "date",
		report_time(made_ms, made), "age", age_name(list, clock), "stale_after",
		report_time(made_ms + CT_LIST_FRESH_DAYS * DAY_MS, stale), "verifies_new_until",
		report_time(ct_log_list_horizon_ms(list), until), "logs", logs);
}

static void print_log(const struct ct_log *log)
{
	char since[32], from[32], until[32];

	printf("  %-34.34s %-10s ", log->description, ct_log_state_name(log->state));
	if (log->state == CT_LOG_STATELESS)
		printf("%16s", "");
	else
		printf("since %.10s", report_time(log->state_since_ms, since));
	printf("  %-9s", kind_name(log));
	if (log->interval_end_ms != UINT64_MAX)
		printf("  for ends %.10s to %.10s", report_time(log->interval_start_ms, from),
			report_time(log->interval_end_ms, until));
	puts(log->barred ? "  BARRED: its private key is public" : "");
}

/* Is it the first of its operator? */
static bool first_of_operator(const struct ct_log_list *list, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(ct_log_list_at(list, j)->operator_name,
			    ct_log_list_at(list, i)->operator_name) == 0)
			return false;
	return true;
}

static void print_list(const struct ct_log_list *list, const char *path, struct ct_clock clock)
{
	uint64_t made_ms = ct_log_list_timestamp_ms(list);
	uint64_t days = clock.now_ms > made_ms ? (clock.now_ms - made_ms) / DAY_MS : 0;
	size_t n = ct_log_list_size(list);
	char made[32], stale[32], until[32];

	printf("%s\nof %.10s, %u days old: %s; stale after %.10s; verifies new certificates "
	       "until "
	       "%.10s\n",
		path, report_time(made_ms, made), (unsigned)days, age_name(list, clock),
		report_time(made_ms + CT_LIST_FRESH_DAYS * DAY_MS, stale),
		report_time(ct_log_list_horizon_ms(list), until));
	for (size_t i = 0; i < n; i++) {
		if (!first_of_operator(list, i))
			continue;
		puts(ct_log_list_at(list, i)->operator_name);
		for (size_t j = i; j < n; j++)
			if (strcmp(ct_log_list_at(list, j)->operator_name,
				    ct_log_list_at(list, i)->operator_name) == 0)
				print_log(ct_log_list_at(list, j));
	}
}

static int show(struct task *task)
{
	struct list_paths paths = ground_list_paths(task->conf);
	bool good = true;

	if (task->file != NULL)
		paths = (struct list_paths){.list = task->file};
	if (!list_open(&paths, &task->present, task->why, sizeof task->why))
		return ctl_complain("log-list", task->why);
	if (task->json)
		good = show_json(list_json(task->present.list, paths.list, task->clock));
	else
		print_list(task->present.list, paths.list, task->clock);
	return good && fflush(stdout) == 0 ? CTL_OK : CTL_ERROR;
}

/* Which signature and key count. False: it was said what is missing. */
static bool choose_paths(struct task *task, struct list_paths *ret)
{
	const struct conf *conf = task->conf;

	*ret = (struct list_paths){task->file, task->signature, task->key};
	if (conf->log_list_key != NULL && task->key != NULL)
		ctl_complain("--key",
			"LogListKey= of the configuration is the only one that counts");
	else if (conf->log_list_key != NULL && task->signature == NULL)
		ctl_complain("--signature", "needed, for the configuration has LogListKey=");
	else if (conf->log_list_key == NULL && (task->signature == NULL) != (task->key == NULL))
		ctl_complain("log-list", "--signature and --key are needed together");
	else {
		if (conf->log_list_key != NULL)
			ret->key = conf->log_list_key;
		return true;
	}
	return false;
}

/* task->why: what speaks against the new list, if anything does. */
static void judge(struct task *task)
{
	const struct ct_log_list *new = task->new.list, *present = task->present.list;
	uint64_t made_ms = ct_log_list_timestamp_ms(new);
	char made[32], present_made[32];

	report_time(made_ms, made);
	if (made_ms > task->clock.now_ms + DAY_MS && !task->clock.unset)
		snprintf(task->why, sizeof task->why, "it is of %.10s, which is in the future",
			made);
	else if (ct_log_list_horizon_ms(new) < task->clock.now_ms)
		snprintf(task->why, sizeof task->why,
			"none of its logs takes certificates that are new now");
	else if (present != NULL && made_ms <= ct_log_list_timestamp_ms(present))
		snprintf(task->why, sizeof task->why,
			"it is of %s, and not newer than the present one, of %s", made,
			report_time(ct_log_list_timestamp_ms(present), present_made));
}

enum change { CAME, WENT, CHANGED };

/* What the new list says of a log that the old one does not. */
static void note_change(json_t *changes, enum change change, const struct ct_log *log,
	const struct ct_log *before)
{
	static const char *const NAMES[] = {
		[CAME] = "came", [WENT] = "went", [CHANGED] = "changed"};

	(void)!json_array_append_new(changes,
		json_pack("{s:s, s:s, s:s, s:s, s:s*}", "change", NAMES[change], "operator",
			log->operator_name, "description", log->description, "state",
			ct_log_state_name(log->state), "before",
			before != NULL ? ct_log_state_name(before->state) : NULL));
}

static json_t *changes_json(const struct ct_log_list *present, const struct ct_log_list *new)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < ct_log_list_size(new); i++) {
		const struct ct_log *log = ct_log_list_at(new, i);
		const struct ct_log *before = ct_log_list_find(present, log->id);

		if (before == NULL)
			note_change(changes, CAME, log, NULL);
		else if (before->state != log->state)
			note_change(changes, CHANGED, log, before);
	}
	for (size_t i = 0; i < ct_log_list_size(present); i++) {
		const struct ct_log *log = ct_log_list_at(present, i);

		if (ct_log_list_find(new, log->id) == NULL)
			note_change(changes, WENT, log, NULL);
	}
	return changes;
}

static void print_changes(const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		printf("  %-7s  %s, %s: %s", show_text_of(change, "change"),
			show_text_of(change, "operator"), show_text_of(change, "description"),
			show_text_of(change, "state"));
		if (json_object_get(change, "before") != NULL)
			printf(" (was %s)", show_text_of(change, "before"));
		putchar('\n');
	}
}

/* done: what was done, when nothing spoke against it. */
static int tell(const struct task *task, const char *done)
{
	bool good = task->why[0] == '\0';
	json_t *changes = task->present.list != NULL && task->new.list != NULL
				  ? changes_json(task->present.list, task->new.list)
				  : json_array();
	bool told = true;

	if (task->json) {
		told = show_json(json_pack("{s:s, s:b, s:s, s:o}", "file", task->file, "ok",
			good, "reason", task->why, "changes", changes));
	} else {
		size_t n = strlen(task->file);

		/* What could not be parsed is named already. */
		if (good || strncmp(task->why, task->file, n) != 0 || task->why[n] != ':')
			printf("%s: ", task->file);
		puts(good ? done : task->why);
		print_changes(changes);
		json_decref(changes);
	}
	if (fflush(stdout) != 0 || !told)
		return CTL_ERROR;
	return good ? CTL_OK : CTL_NO;
}

static int check_or_install(struct task *task, bool install)
{
	struct list_paths target = ground_list_paths(task->conf), from;
	char done[640], unwanted[512];
	const char *words = "it could be installed";

	if (!choose_paths(task, &from))
		return CTL_ERROR;
	if (access(task->file, R_OK) < 0)
		return ctl_complain(task->file, strerror(errno));
	if (task->signature != NULL && access(task->signature, R_OK) < 0)
		return ctl_complain(task->signature, strerror(errno));
	(void)list_open(&target, &task->present, unwanted, sizeof unwanted);
	if (!list_open(&from, &task->new, task->why, sizeof task->why))
		return tell(task, "");
	judge(task);
	if (task->why[0] == '\0' && install) {
		/* First what was begun before: its list may be the only good one. */
		if ((task->present.unfinished &&
			    !list_finish(&target, task->why, sizeof task->why)) ||
			!list_install(&task->new, &target, task->why, sizeof task->why))
			return ctl_complain("log-list", task->why);
		snprintf(done, sizeof done,
			"installed as %s; a running daemon takes it by itself", target.list);
		words = done;
	}
	return tell(task, words);
}

static int run(struct task *task)
{
	if (strcmp(task->action, "show") == 0)
		return task->signature == NULL && task->key == NULL
			       ? show(task)
			       : ctl_complain("log-list show", "takes no signature and no key");
	if (strcmp(task->action, "check") != 0 && strcmp(task->action, "install") != 0) {
		fprintf(stderr,
			"ctresolvectl: log-list %s: there is no such action\n"
			"Try 'ctresolvectl log-list --help'.\n",
			task->action);
		return CTL_ERROR;
	}
	if (task->file == NULL)
		return ctl_complain("log-list", "wanted: a FILE");
	return check_or_install(task, strcmp(task->action, "install") == 0);
}

/* With all that it needs, and frees it. */
static int run_with_configuration(struct task *task, const char *conf_path)
{
	struct timekeeper *keeper = timekeeper_new(NULL, NULL);
	int status = CTL_ERROR;

	task->conf = snapshot_conf(conf_path);
	if (keeper != NULL && task->conf != NULL) {
		task->clock = clock_now(timekeeper_clock(keeper));
		status = run(task);
	}
	list_close(&task->present);
	list_close(&task->new);
	conf_free(task->conf);
	timekeeper_free(keeper);
	return status;
}

int ctl_log_list(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{"signature", required_argument, NULL, 's'},
		{"key", required_argument, NULL, 'k'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct task task = {.json = ctl->json};
	int option;

	while ((option = getopt_long(argc, argv, "s:k:jh", options, NULL)) != -1) {
		switch (option) {
		case 's': task.signature = optarg; break;
		case 'k': task.key = optarg; break;
		case 'j': task.json = true; break;
		case 'h': fputs(HELP, stdout); return CTL_OK;
		default:
			fputs("Try 'ctresolvectl log-list --help'.\n", stderr);
			return CTL_ERROR;
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return ctl_complain("log-list", "wanted: show, check or install, and a FILE");
	task.action = argv[optind];
	task.file = argv[optind + 1]; /* argv ends in NULL */
	return run_with_configuration(&task, ctl->conf_path);
}
