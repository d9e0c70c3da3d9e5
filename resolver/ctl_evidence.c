/* SPDX-License-Identifier: MIT */
/* ctresolvectl evidence: what certificates the upstreams have shown. */
#include "ctpolicy/report_json.h"
#include "resolver/ctl.h"
#include "resolver/ctl_show.h"
#include "resolver/evidence.h"
#include "resolver/statedir.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char HELP[] = "Usage: ctresolvectl evidence [--json]\n"
			   "\n"
			   "Shows each certificate that an upstream has shown to the daemon, "
			   "the verdict on it, and its "
			   "SCTs,\n"
			   "the oldest first. Root may see it.\n"
			   "\n"
			   "  -j, --json  print JSON: an array\n";

static void print_sct(const json_t *sct)
{
	printf("    %s  %s", json_is_true(json_object_get(sct, "counts")) ? "ok" : "no",
		show_text_of(sct, "timestamp"));
	if (json_object_get(sct, "log") != NULL)
		printf("  %s, %s, %s", show_text_of(sct, "log"), show_text_of(sct, "operator"),
			show_text_of(sct, "state"));
	else
		printf("  log %s", show_text_of(sct, "log_id"));
	printf(", %s", show_text_of(sct, "origin"));
	if (!json_is_true(json_object_get(sct, "counts")))
		printf(": %s", show_text_of(sct, "reason"));
	putchar('\n');
}

static void print_record(const json_t *record)
{
	const json_t *leaf = json_object_get(record, "leaf");
	const json_t *issuer = json_object_get(record, "issuer");
	const json_t *sct;
	size_t i;

	printf("%s  %s\n  %s: %s (policy %s)\n", show_text_of(record, "time"),
		show_text_of(record, "upstream"), show_text_of(record, "verdict"),
		show_text_of(record, "reason"), show_text_of(record, "policy"));
	printf("  leaf    sha256:%s, until %.10s\n", show_text_of(leaf, "sha256"),
		show_text_of(leaf, "not_after"));
	printf("          key sha256:%s\n", show_text_of(leaf, "spki_sha256"));
	printf("  issuer  %s\n          key sha256:%s\n", show_text_of(issuer, "name"),
		show_text_of(issuer, "spki_sha256"));
	json_array_foreach(json_object_get(record, "scts"), i, sct) print_sct(sct);
}

json_t *evidence_records(const char **ret_path)
{
	static char path[4096];
	json_t *records = NULL, *record;
	FILE *file = NULL;

	*ret_path = path;
	if (statedir_path(EVIDENCE_FILE, path, sizeof path))
		file = fopen(path, "rbe");
	if (file == NULL)
		return errno == ENOENT ? json_array() : NULL;
	records = json_array();
	/* One after the other; the first that is none ends it. */
	while ((record = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)) != NULL)
		if (!show_is_clean(record))
			json_decref(record);
		else if (json_array_append_new(records, record) < 0)
			break;
	fclose(file);
	return records;
}

static int print(bool json)
{
	const char *path;
	json_t *records = evidence_records(&path), *record;
	bool good = true;
	size_t i;

	if (records == NULL)
		return ctl_complain(path, strerror(errno));
	if (json) {
		good = show_json(records);
	} else {
		json_array_foreach(records, i, record) print_record(record);
		if (json_array_size(records) == 0)
			puts("Nothing yet.");
		json_decref(records);
	}
	if (fflush(stdout) != 0 || !good)
		return ctl_complain("standard output", "it cannot be written");
	return CTL_OK;
}

int ctl_evidence(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	int status = ctl_options(&options, argc, argv, HELP, 0);

	return status < 0 ? print(options.json) : status;
}
