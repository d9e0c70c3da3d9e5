/* SPDX-License-Identifier: MIT */
#include "conf/suggest.h"
#include "conf/reading.h"
#include <string.h>

enum { WORD_MAX = 40, NEAR = 3 };

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* How many letters must be put in, left out or changed, case aside. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[WORD_MAX + 1];

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

const char *suggest_section(const char *written)
{
	const char *found = NULL;
	size_t best = NEAR;

	for (size_t i = 0; i < n_options; i++) {
		size_t d = distance(written, options[i].section);

		if (d >= best)
			continue;
		best = d;
		found = options[i].section;
	}
	return found;
}

const char *suggest_key(const char *section, const char *written)
{
	const char *found = NULL;
	size_t best = NEAR;

	for (size_t i = 0; i < n_options; i++) {
		size_t d = distance(written, options[i].key);

		if (strcmp(options[i].section, section) != 0 || d >= best)
			continue;
		best = d;
		found = options[i].key;
	}
	return found;
}
