/* SPDX-License-Identifier: MIT */
#include "resolver/ctl.h"
#include "conf/conf.h"
#include "conf/value.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char HELP[] =
	"Usage: ctresolvectl [-c FILE] [-j] VERB …\n"
	"\n"
	"  status                       what upstreams are judged by, the last verdict on "
	"each, "
	"how it fares\n"
	"  query NAME… [TYPE…]          ask the daemon\n"
	"  statistics                   what it has counted\n"
	"  flush-caches                 make it forget all answers\n"
	"  monitor                      see queries go by\n"
	"  portal                       get through a captive portal\n"
	"  probe ADDRESS|URI [#NAME]    connect to a server, and show its certificates and the "
	"verdict\n"
	"  verify OPTION… CHAIN.pem     the daemon's verdict on certificates in a file\n"
	"  evidence                     what certificates the upstreams have shown\n"
	"  log-list show|check|install  the list of Certificate Transparency logs\n"
	"\n"
	"  -c, --config FILE  the daemon's configuration (default: " CONF_DEFAULT_PATH ")\n"
	"  -j, --json         print JSON\n"
	"      --version      print the version, and exit\n"
	"  -h, --help         print this, and exit; after a verb: what that takes\n"
	"\n"
	"Exit status: 0 yes, 1 no, 2 error. See ctresolvectl(1).\n";

static const struct verb {
	const char *name;
	int (*run)(const struct ctl *ctl, int argc, char **argv);
} VERBS[] = {
	{"status", ctl_status},
	{"query", ctl_query},
	{"statistics", ctl_statistics},
	{"flush-caches", ctl_flush_caches},
	{"monitor", ctl_monitor},
	{"portal", ctl_portal},
	{"probe", ctl_probe},
	{"verify", ctl_verify},
	{"evidence", ctl_evidence},
	{"log-list", ctl_log_list},
};

/* A script may have handed on what others have written. */
static void complain_of(const char *text)
{
	bool utf8 = value_utf8(text, strlen(text));

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		putc(c < ' ' || c == 0x7f || (c > 0x7f && !utf8) ? '?' : c, stderr);
	}
}

int ctl_complain(const char *what, const char *why)
{
	fputs("ctresolvectl: ", stderr);
	complain_of(what);
	fputs(": ", stderr);
	complain_of(why);
	putc('\n', stderr);
	return CTL_ERROR;
}

int ctl_options(struct ctl *ctl, int argc, char **argv, const char *help, int words_max)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (option) {
		case 'j': ctl->json = true; break;
		case 'h': fputs(help, stdout); return CTL_OK;
		default: fprintf(stderr, "Try '%s --help'.\n", argv[0]); return CTL_ERROR;
		}
	}
	if (argc - optind > words_max)
		return ctl_complain(argv[optind + words_max], "not expected");
	return -1;
}

int ctl_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct ctl ctl = {0};
	char name[32];
	int option;

	/* "+": what follows the verb is the verb's. */
	while ((option = getopt_long(argc, argv, "+c:jh", options, NULL)) != -1) {
		switch (option) {
		case 'c': ctl.conf_path = optarg; break;
		case 'j': ctl.json = true; break;
		case 'v': puts("ctresolvectl " VERSION); return CTL_OK;
		case 'h': fputs(HELP, stdout); return CTL_OK;
		default: fputs("Try 'ctresolvectl --help'.\n", stderr); return CTL_ERROR;
		}
	}
	argc -= optind;
	argv += optind;
	optind = 0; /* getopt(3): begin anew */
	for (size_t i = 0; argc > 0 && i < sizeof VERBS / sizeof *VERBS; i++) {
		if (strcmp(argv[0], VERBS[i].name) != 0)
			continue;
		snprintf(name, sizeof name, "ctresolvectl %s", VERBS[i].name);
		argv[0] = name; /* as getopt(3) names it in its complaints */
		return VERBS[i].run(&ctl, argc, argv);
	}
	if (argc > 0)
		ctl_complain(argv[0], "there is no such verb");
	fputs("Try 'ctresolvectl --help'.\n", stderr);
	return CTL_ERROR;
}
