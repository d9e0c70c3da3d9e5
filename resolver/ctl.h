/* SPDX-License-Identifier: MIT */
#pragma once
/* ctresolvectl(1): what its verbs are given. Each verb is a row in ctl.c and a file. */
#include <stdbool.h>

/* Exit statuses. */
enum { CTL_OK = 0, CTL_NO = 1, CTL_ERROR = 2 };

struct ctl {
	const char *conf_path; /* -c; NULL: the default place */
	bool json;             /* -j before the verb; each verb takes it as well */
};

/* The whole program, as main(): returns its exit status. */
int ctl_main(int argc, char **argv);

/* Says on standard error what is wrong. Returns CTL_ERROR, so that a verb can end with it. */
int ctl_complain(const char *what, const char *why);
/* The options of a verb that has but --json and --help, and at most so many words behind them:
 * sets ctl->json and optind. Returns an exit status to end with, or -1 to go on. */
int ctl_options(struct ctl *ctl, int argc, char **argv, const char *help, int words_max);

/* A verb: argv[0] is its name. Returns the exit status. */
int ctl_log_list(const struct ctl *ctl, int argc, char **argv);
int ctl_probe(const struct ctl *ctl, int argc, char **argv);
int ctl_verify(const struct ctl *ctl, int argc, char **argv);
int ctl_evidence(const struct ctl *ctl, int argc, char **argv);
int ctl_status(const struct ctl *ctl, int argc, char **argv);
int ctl_query(const struct ctl *ctl, int argc, char **argv);
int ctl_statistics(const struct ctl *ctl, int argc, char **argv);
int ctl_flush_caches(const struct ctl *ctl, int argc, char **argv);
int ctl_portal(const struct ctl *ctl, int argc, char **argv);
int ctl_monitor(const struct ctl *ctl, int argc, char **argv);
