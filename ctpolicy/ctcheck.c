/* SPDX-License-Identifier: MIT */
/* ctcheck(1): the library on the command line. */
#include "ctpolicy/calendar.h"
#include "ctpolicy/ctpolicy.h"
#include "ctpolicy/pem.h"
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
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
	"  -t, --time TIME      judge as of TIME, as 2026-08-20T13:34:57Z (default: now)\n"
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
		fprintf(stderr, "ctcheck: %s: no certificates in PEM, or broken ones\n", path);
		return false;
	}
	if (ret->n >= 2)
		return true;
	fprintf(stderr, "ctcheck: %s: the certificate of the issuer is missing\n", path);
	pem_free(ret);
	return false;
}

static const char *format_time(uint64_t ms, char text[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
		strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(text, "?", 2);
	return text;
}

/* Log ids in hexadecimal. */
static const char *format_id(
	const uint8_t id[CT_LOG_ID_SIZE], char text[2 * CT_LOG_ID_SIZE + 1])
{
	for (size_t i = 0; i < CT_LOG_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return text;
}

static void print_text(const struct ct_report *report)
{
	char text[512];

	ct_report_text(report, text, sizeof text);
	printf("%s: %s\n", report->verdict == CT_COMPLIANT ? "accept" : "refuse", text);
	for (size_t i = 0; i < report->n_scts; i++) {
		const struct ct_sct_report *sct = &report->scts[i];
		char when[32], id[2 * CT_LOG_ID_SIZE + 1];

		printf("  %-3s %s", sct->status == CT_SCT_VALID ? "ok" : "no",
			format_time(sct->timestamp_ms, when));
		if (sct->log != NULL)
			printf("  %s, %s, %s", sct->log->description, sct->operator_name,
				ct_log_state_name(sct->log->state));
		else
			printf("  log %s", format_id(sct->log_id, id));
		if (sct->status != CT_SCT_VALID)
			printf(": %s", ct_sct_status_text(sct->status));
		putchar('\n');
	}
	if (report->list_stale)
		printf("  the log list is stale: %u days old\n",
			(unsigned)report->list_age_days);
}

static json_t *sct_to_json(const struct ct_sct_report *sct)
{
	char when[32], id[2 * CT_LOG_ID_SIZE + 1];
	json_t *object = json_pack("{s:s, s:s, s:b, s:s, s:s}", "log_id",
		format_id(sct->log_id, id), "status", ct_sct_status_name(sct->status), "counts",
		sct->status == CT_SCT_VALID, "reason", ct_sct_status_text(sct->status),
		"timestamp", format_time(sct->timestamp_ms, when));

	if (sct->log != NULL) {
		json_object_set_new(object, "log", json_string(sct->log->description));
		json_object_set_new(object, "operator", json_string(sct->operator_name));
		json_object_set_new(
			object, "state", json_string(ct_log_state_name(sct->log->state)));
	}
	return object;
}

static void print_json(const struct ct_report *report)
{
	json_t *scts = json_array(), *object;
	char text[512];

	ct_report_text(report, text, sizeof text);
	for (size_t i = 0; i < report->n_scts; i++)
		json_array_append_new(scts, sct_to_json(&report->scts[i]));
	object = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:b, s:i, s:o}",
		"verdict", report->verdict == CT_COMPLIANT ? "accept" : "refuse", "ct",
		ct_verdict_name(report->verdict), "reason", text, "policy",
		ct_policy_name(report->policy), "logs", (int)report->logs, "logs_needed",
		(int)report->logs_needed, "operators", (int)report->operators,
		"operators_needed", (int)report->operators_needed, "log_list_age_days",
		(int)report->list_age_days, "log_list_stale", report->list_stale,
		"scts_left_out", (int)report->scts_left_out, "scts", scts);
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

static int check(const struct arguments *arguments)
{
	struct ct_log_list *list = load_log_list(arguments->log_list);
	struct pem_chain chain = {0};
	struct ct_report report;
	int status = EXIT_ERROR;

	if (list != NULL && load_chain(arguments->chain, &chain)) {
		struct ct_evidence evidence = {chain.der[0], chain.der[1]};
		enum ct_verdict verdict = ct_check(
			list, arguments->policy, &evidence, arguments->now_ms, &report);

		if (arguments->json)
			print_json(&report);
		else
			print_text(&report);
		if (verdict != CT_NOMEM)
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
			if (!calendar_parse(optarg, &arguments.now_ms))
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
