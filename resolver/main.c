/* SPDX-License-Identifier: MIT */
/* ctresolved(8): the arguments. */
#include "conf/conf.h"
#include "resolver/ctl.h"
#include "resolver/daemon.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
	"Usage: ctresolved [-c FILE] [--check]\n"
	"\n"
	"A stub resolver that asks upstreams over TLS, and only those whose certificate is for "
	"the\n"
	"address dialled and is publicly logged (Certificate Transparency).\n"
	"\n"
	"  -c, --config FILE  read FILE and FILE.d/*.conf (default: " CONF_DEFAULT_PATH ")\n"
	"      --check        say what is wrong with the configuration, and exit\n"
	"      --version      print the version, and exit\n"
	"  -h, --help         print this, and exit\n"
	"\n"
	"It stays in the foreground and logs to stderr. SIGHUP reloads, SIGTERM ends it.\n"
	"See ctresolved(8) and ctresolved.conf(5).\n";

enum { OPTION_CHECK = 256, OPTION_VERSION };

/* Where flash is dear both programs are one, under two names: what they share is most of it. */
static bool called_ctresolvectl(const char *path)
{
	const char *slash;

	if (path == NULL)
		return false;
	slash = strrchr(path, '/');
	return strcmp(slash == NULL ? path : slash + 1, "ctresolvectl") == 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, OPTION_CHECK},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = NULL;
	struct daemon *daemon;
	bool check = false, good;
	int option;
	sigset_t all;

	if (HAVE_CTL && called_ctresolvectl(argv[0]))
		return ctl_main(argc, argv);
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case OPTION_CHECK: check = true; break;
		case OPTION_VERSION: puts("ctresolved " VERSION); return EXIT_SUCCESS;
		case 'h': fputs(HELP, stdout); return EXIT_SUCCESS;
		default: fputs("Try 'ctresolved --help'.\n", stderr); return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"ctresolved: %s: unexpected argument\nTry 'ctresolved --help'.\n",
			argv[optind]);
		return 2;
	}
	if (check)
		return daemon_check(path) ? EXIT_SUCCESS : EXIT_FAILURE;

	signal(SIGPIPE, SIG_IGN);
	daemon = daemon_new(path);
	if (daemon == NULL)
		return EXIT_FAILURE;
	good = daemon_run(daemon);
	/* It is ending already: one more SIGTERM must not make it a death by signal. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	daemon_free(daemon);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
