/* SPDX-License-Identifier: MIT */
/* ctcheck(1): the library on the command line. */
#include "ctpolicy/calendar.h"
#include "ctpolicy/ctpolicy.h"
#include "ctpolicy/pem.h"
#include "ctpolicy/report_json.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_ACCEPT = 0, EXIT_REFUSE = 1, EXIT_ERROR = 2 };
enum { FILE_SIZE_MAX = 4 * 1024 * 1024 };

static const char HELP[] =
	"Usage: ctcheck --log-list LIST [OPTION]… CHAIN.pem\n"
	"\n"
	"Does the first certificate of CHAIN.pem carry enough valid SCTs (Certificate "
	"Transparency)?\n"
	"The second must be its issuer's. The chain itself is not verified.\n"
	"\n"
	"  -l, --log-list LIST  the logs that are known: a log list in JSON, version 3\n"
	"  -p, --policy POLICY  two-logs, chrome (default) or apple\n"
	"  -t, --time TIME      judge as of TIME: 2026-08-20T13:34:57Z, or seconds since 1970\n"
	"                       (default: now)\n"
	"  -j, --json           print JSON\n"
	"      --version        print the version, and exit\n"
	"  -h, --help           print this, and exit\n"
	"\n"
	"Exit status: 0 accept, 1 refuse, 2 error.\n";

struct arguments {
	const char *log_list, *chain;
	enum ct_policy policy;
	uint64_t now_ms;
	bool json;
};

static bool read_file(const char *path, struct ct_bytes *ret)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes = file != NULL ? malloc(FILE_SIZE_MAX) : NULL;
	size_t n = bytes != NULL ? fread(bytes, 1, FILE_SIZE_MAX, file) : 0;
	bool good = bytes != NULL && !ferror(file) && n < FILE_SIZE_MAX;

	if (!good)
		fprintf(stderr, "ctcheck: %s: %s\n", path,
			n == FILE_SIZE_MAX ? "too large" : strerror(errno));
	if (file != NULL)
		fclose(file);
	if (good)
		*ret = (struct ct_bytes){bytes, n};
	else
		free(bytes);
	return good;
}

static struct ct_log_list *load_log_list(const char *path)
{
	struct ct_log_list *list = NULL;
	struct ct_error error;
	struct ct_bytes json;
	enum ct_err err;

	if (!read_file(path, &json))
		return NULL;
	err = ct_log_list_parse(json, &list, &error);
	free((void *)(uintptr_t)json.data);
	if (err != CT_OK)
		fprintf(stderr, "ctcheck: %s: %s\n", path,
			err == CT_E_NOMEM ? "out of memory" : error.text);
	return list;
}

static bool load_chain(const char *path, struct pem_chain *ret)
{
	struct ct_bytes text;
	bool good;

	if (!read_file(path, &text))
		return false;
	good = pem_read(text, ret);
	free((void *)(uintptr_t)text.data);
	if (!good) {
		fprintf(stderr,
			"ctcheck: %s: no certificates in PEM, broken ones or too many\n", path);
		return false;
	}
	if (ret->n >= 2)
		return true;
	fprintf(stderr, "ctcheck: %s: the certificate of the issuer is missing\n", path);
	pem_free(ret);
	return false;
}

static void print_sct(const struct ct_sct_report *sct)
{
	bool counts = sct->status == CT_SCT_VALID;
	char when[32], id[65];

	printf("  %s  ", counts ? "ok" : "no");
	if (sct->status == CT_SCT_UNKNOWN_VERSION)
		printf("an SCT that cannot be read");
	else if (sct->log != NULL)
		printf("%s  %s, %s, %s", report_time(sct->timestamp_ms, when),
			sct->log->description, sct->operator_name,
			ct_log_state_name(sct->log->state));
	else
		printf("%s  log %s", report_time(sct->timestamp_ms, when),
			report_hex(sct->log_id, id));
	printf("%s%s\n", counts ? "" : ": ", counts ? "" : ct_sct_status_text(sct->status));
}

static void print_text(const struct ct_report *report)
{
	char text[512];

	ct_report_text(report, text, sizeof text);
	printf("%s: %s\n", report->verdict == CT_COMPLIANT ? "accept" : "refuse", text);
	for (size_t i = 0; i < report->n_scts; i++)
		print_sct(&report->scts[i]);
}

static bool print_json(const struct ct_report *report)
{
	json_t *object = report_json(report);
	const char *verdict = report->verdict == CT_COMPLIANT ? "accept" : "refuse";
	bool good = object != NULL &&
		    json_object_set_new(object, "verdict", json_string(verdict)) == 0 &&
		    json_dumpf(object, stdout, JSON_INDENT(2)) == 0;

	putchar('\n');
	json_decref(object);
	return good;
}

static int check(const struct arguments *arguments)
{
	struct ct_log_list *list = load_log_list(arguments->log_list);
	struct pem_chain chain = {0};
	struct ct_report report;
	int status = EXIT_ERROR;
	bool printed = true;

	if (list != NULL && load_chain(arguments->chain, &chain)) {
		struct ct_evidence evidence = {.leaf = chain.der[0], .issuer = chain.der[1]};
		struct ct_clock clock = {.now_ms = arguments->now_ms};
		enum ct_verdict verdict =
			ct_check(list, arguments->policy, &evidence, clock, &report);

		if (arguments->json)
			printed = print_json(&report);
		else
			print_text(&report);
		if (fflush(stdout) != 0 || !printed)
			fputs("ctcheck: the verdict cannot be written\n", stderr);
		else if (verdict != CT_NOMEM)
			status = verdict == CT_COMPLIANT ? EXIT_ACCEPT : EXIT_REFUSE;
	}
	pem_free(&chain);
	ct_log_list_free(list);
	return status;
}

static int complain(const char *what, const char *value)
{
	fprintf(stderr, "ctcheck: %s: %s\nTry 'ctcheck --help'.\n", what, value);
	return EXIT_ERROR;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"log-list", required_argument, NULL, 'l'},
		{"policy", required_argument, NULL, 'p'},
		{"time", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct arguments arguments = {
		.policy = CT_POLICY_CHROME, .now_ms = (uint64_t)time(NULL) * 1000};
	int option;

	while ((option = getopt_long(argc, argv, "l:p:t:jh", options, NULL)) != -1) {
		switch (option) {
		case 'l': arguments.log_list = optarg; break;
		case 'p':
			if (!ct_policy_from_name(optarg, &arguments.policy))
				return complain("not a policy", optarg);
			break;
		case 't':
			if (!ctp_calendar_parse_any(optarg, &arguments.now_ms))
				return complain(
					"not a time such as 2026-08-20T13:34:57Z", optarg);
			break;
		case 'j': arguments.json = true; break;
		case 'v': puts("ctcheck " VERSION); return EXIT_SUCCESS;
		case 'h': fputs(HELP, stdout); return EXIT_SUCCESS;
		default: fputs("Try 'ctcheck --help'.\n", stderr); return EXIT_ERROR;
		}
	}
	if (arguments.log_list == NULL)
		return complain("missing", "--log-list");
	if (argc - optind != 1)
		return complain("wanted", "one CHAIN.pem");
	arguments.chain = argv[optind];
	return check(&arguments);
}
