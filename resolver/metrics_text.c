/* SPDX-License-Identifier: MIT */
#include "resolver/metrics_text.h"
#include <inttypes.h>
#include <stdio.h>

static void write_head(
	FILE *out, const char *name, const char *end, bool counter, const char *text)
{
	fprintf(out, "# HELP ctresolved_%s%s %s\n# TYPE ctresolved_%s%s %s\n", name, end, text,
		name, end, counter ? "counter" : "gauge");
}

/* A label's value: a backslash before what has a meaning there. */
static void write_value(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
	putc('"', out);
}

/* The same server may be in two routes: the domain tells them apart. */
static void write_labels(FILE *out, const char *name, const struct upstream_facts *upstream)
{
	fprintf(out, "ctresolved_%s{upstream=", name);
	write_value(out, upstream->text);
	fprintf(out, ",protocol=\"%s\",domain=", upstream->protocol);
	write_value(out, upstream->domain != NULL ? upstream->domain : "");
	fputs("} ", out);
}

/* Two that are alike to their last label: https://NAME is two, of IPv4 and IPv6. The first one
 * that is ready stands for both, or the first. */
static bool is_told_already(
	const struct facts *facts, size_t i, const struct upstream_facts *one)
{
	struct upstream_facts other;

	for (size_t j = 0; j < i && figures_upstream(facts, j, &other); j++)
		if (other.text == one->text && other.domain == one->domain &&
			other.protocol == one->protocol)
			return true;
	return false;
}

enum { UP, REFUSED, ANSWER_SECONDS };

static const struct {
	const char *name, *text;
} UPSTREAM_FIGURES[] = {
	[UP] = {"upstream_up", "Whether the upstream has an accepted connection now."},
	[REFUSED] = {"upstream_refused", "Whether its certificate was refused the last time."},
	[ANSWER_SECONDS] = {"upstream_answer_seconds", "Mean time of its latest answers."},
};

static void write_upstreams(FILE *out, const struct facts *facts, unsigned kind)
{
	const char *name = UPSTREAM_FIGURES[kind].name;
	struct upstream_facts upstream;

	write_head(out, name, "", false, UPSTREAM_FIGURES[kind].text);
	for (size_t i = 0; figures_upstream(facts, i, &upstream); i++) {
		if (is_told_already(facts, i, &upstream) ||
			(kind == ANSWER_SECONDS && !upstream.timed))
			continue;
		write_labels(out, name, &upstream);
		if (kind == ANSWER_SECONDS)
			fprintf(out, "%.6f\n", upstream.mean_ms / 1000);
		else
			fprintf(out, "%d\n",
				kind == UP ? upstream.readiness == UPSTREAM_READY
					   : upstream.refused);
	}
}

char *metrics_text(const struct facts *facts, size_t *ret_size)
{
	uint64_t values[FIGURES_N];
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (out == NULL)
		return NULL;
	crew_hold(facts->crew);
	figures_read(facts, values);
	for (size_t i = 0; i < FIGURES_N; i++) {
		const char *end = FIGURES[i].counter ? "_total" : "";

		write_head(out, FIGURES[i].name, end, FIGURES[i].counter, FIGURES[i].text);
		fprintf(out, "ctresolved_%s%s %" PRIu64 "\n", FIGURES[i].name, end, values[i]);
	}
	write_head(out, "build_info", "", false, "Always 1; the version is a label.");
	fputs("ctresolved_build_info{version=\"" VERSION "\"} 1\n", out);
	for (unsigned kind = UP; kind <= ANSWER_SECONDS; kind++)
		write_upstreams(out, facts, kind);
	crew_release(facts->crew);
	return fclose(out) == 0 ? text : NULL;
}
