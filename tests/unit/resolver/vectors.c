/* SPDX-License-Identifier: MIT */
#include "vectors.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1 << 18 };

uint16_t vectors_type(const char *text)
{
	static const struct {
		const char *text;
		uint16_t type;
	} types[] = {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"MX", 15}, {"TXT", 16},
		{"AAAA", 28}, {"SRV", 33}, {"DNAME", 39}, {"DS", 43}, {"NSEC", 47},
		{"DNSKEY", 48}};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].text, text) == 0)
			return types[i].type;
	abort();
}

static void take_answer(
	struct vectors *vectors, const char *name, const char *type, const char *hex)
{
	struct vector *vector = &vectors->answers[vectors->n_answers++];

	assert(vectors->n_answers <= sizeof vectors->answers / sizeof *vectors->answers);
	assert(dname_from_text(name, vector->name));
	vector->type = vectors_type(type);
	vector->size = strlen(hex) / 2;
	vector->wire = malloc(vector->size);
	assert(vector->wire != NULL);
	for (size_t i = 0; i < vector->size; i++) {
		unsigned byte;

		assert(sscanf(hex + 2 * i, "%2x", &byte) == 1);
		vector->wire[i] = (uint8_t)byte;
	}
}

static void take_case(struct vectors *vectors, const char *name, const char *type,
	const char *verdict, int ede)
{
	struct vector_case *c = &vectors->cases[vectors->n_cases++];

	assert(vectors->n_cases <= sizeof vectors->cases / sizeof *vectors->cases);
	snprintf(c->text, sizeof c->text, "%s %s", name, type);
	assert(dname_from_text(name, c->name));
	c->type = vectors_type(type);
	c->want = strcmp(verdict, "secure") == 0     ? DNSSEC_SECURE
		  : strcmp(verdict, "insecure") == 0 ? DNSSEC_INSECURE
						     : DNSSEC_BOGUS;
	c->ede = ede;
}

static void write_anchor(struct vectors *vectors, const char *line)
{
	int fd;

	snprintf(vectors->anchor, sizeof vectors->anchor, "/tmp/ctresolved-anchor.XXXXXX");
	fd = mkstemp(vectors->anchor);
	assert(fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	close(fd);
}

struct vectors *vectors_load(void)
{
	struct vectors *vectors = calloc(1, sizeof *vectors);
	char *line = malloc(LINE_SIZE), *hex = malloc(LINE_SIZE);
	FILE *file = fopen(DATA "/dnssec.vectors", "re");

	assert(vectors != NULL && line != NULL && hex != NULL && file != NULL);
	while (fgets(line, LINE_SIZE, file) != NULL) {
		char name[256], type[16], verdict[16];
		int ede;

		if (strncmp(line, "anchor ", 7) == 0)
			write_anchor(vectors, line + 7);
		else if (sscanf(line, "case %255s %15s %15s %d", name, type, verdict, &ede) ==
			 4)
			take_case(vectors, name, type, verdict, ede);
		else if (sscanf(line, "answer %255s %15s %262143s", name, type, hex) == 3)
			take_answer(vectors, name, type, hex);
		else
			assert(sscanf(line, "now %" SCNu64, &vectors->now_s) == 1);
	}
	fclose(file);
	free(line);
	free(hex);
	return vectors;
}

void vectors_free(struct vectors *vectors)
{
	unlink(vectors->anchor);
	for (size_t i = 0; i < vectors->n_answers; i++)
		free(vectors->answers[i].wire);
	free(vectors);
}

const struct vector *vectors_find(
	const struct vectors *vectors, const uint8_t *name, uint16_t type)
{
	for (size_t i = 0; i < vectors->n_answers; i++)
		if (vectors->answers[i].type == type &&
			dname_equal(vectors->answers[i].name, name))
			return &vectors->answers[i];
	return NULL;
}
