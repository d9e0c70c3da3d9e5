/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_name.h"
#include <stdio.h>
#include <string.h>

enum { LABELS_MAX = 127, LABEL_SIZE_MAX = 63 };

const uint8_t dname_root[1] = {0};

size_t dname_size(const uint8_t *name)
{
	size_t at = 0;

	while (name[at] != 0)
		at += 1 + (size_t)name[at];
	return at + 1;
}

unsigned dname_labels(const uint8_t *name)
{
	unsigned n = 0;

	for (; *name != 0; name += 1 + *name)
		n++;
	return n;
}

const uint8_t *dname_skip(const uint8_t *name, unsigned n)
{
	for (; n > 0; n--)
		name += 1 + *name;
	return name;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Often asked, and mostly of names that differ early. Lengths of labels are below 'A'. */
bool dname_equal(const uint8_t *a, const uint8_t *b)
{
	unsigned left = 1; /* up to the next label */

	for (;; a++, b++) {
		if (*a != *b && lower(*a) != lower(*b))
			return false;
		if (--left > 0)
			continue;
		if (*a == 0)
			return true;
		left = 1 + (unsigned)*a;
	}
}

bool dname_in(const uint8_t *name, const uint8_t *ancestor)
{
	unsigned n = dname_labels(name), wanted = dname_labels(ancestor);

	return n >= wanted && dname_equal(dname_skip(name, n - wanted), ancestor);
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
	unsigned shorter = *a < *b ? *a : *b;

	for (unsigned i = 1; i <= shorter; i++)
		if (lower(a[i]) != lower(b[i]))
			return lower(a[i]) < lower(b[i]) ? -1 : 1;
	return (int)*a - (int)*b;
}

/* Where its labels begin. Returns how many there are. */
static unsigned index_labels(const uint8_t *name, const uint8_t *labels[LABELS_MAX])
{
	unsigned n = 0;

	for (; *name != 0; name += 1 + *name)
		labels[n++] = name;
	return n;
}

int dname_compare(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *x[LABELS_MAX], *y[LABELS_MAX];
	unsigned n = index_labels(a, x), m = index_labels(b, y);

	while (n > 0 && m > 0) {
		int order = compare_labels(x[--n], y[--m]);

		if (order != 0)
			return order;
	}
	return (int)n - (int)m;
}

unsigned dname_common(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *x[LABELS_MAX], *y[LABELS_MAX];
	unsigned n = index_labels(a, x), m = index_labels(b, y), common = 0;

	while (n > 0 && m > 0 && compare_labels(x[--n], y[--m]) == 0)
		common++;
	return common;
}

bool dname_is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

size_t dname_lower(const uint8_t *name, uint8_t *out)
{
	size_t n = dname_size(name);

	for (size_t i = 0; i < n; i++)
		out[i] = lower(name[i]);
	return n;
}

bool dname_wildcard(const uint8_t *name, uint8_t *out)
{
	size_t n = dname_size(name);

	if (n + 2 > DNAME_SIZE_MAX)
		return false;
	out[0] = 1;
	out[1] = '*';
	memcpy(out + 2, name, n);
	return true;
}

size_t dname_read(const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && bytes[at] != 0) {
		if (bytes[at] > LABEL_SIZE_MAX)
			return 0;
		at += 1 + (size_t)bytes[at];
	}
	return at < size && at < DNAME_SIZE_MAX ? at + 1 : 0;
}

const char *dname_text(const uint8_t *name, char *out)
{
	size_t at = 0;

	out[0] = '.';
	out[1] = '\0';
	for (; *name != 0; name += 1 + *name) {
		if (at > 0)
			out[at++] = '.';
		for (unsigned i = 1; i <= *name; i++) {
			uint8_t c = name[i];

			if (c > ' ' && c < 0x7f && c != '.' && c != '\\' && c != '"')
				out[at++] = (char)c;
			else
				at += (size_t)snprintf(
					out + at, DNAME_TEXT_MAX - at, "\\%03u", c);
		}
		out[at] = '\0';
	}
	return out;
}

bool dname_from_text(const char *text, uint8_t *out)
{
	size_t at = 0;

	if (strcmp(text, ".") == 0) {
		out[0] = 0;
		return true;
	}
	for (;;) {
		size_t n = strcspn(text, ".");

		if (n == 0 || n > LABEL_SIZE_MAX || at + n + 2 > DNAME_SIZE_MAX)
			return false;
		out[at++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++)
			out[at++] = lower((uint8_t)text[i]);
		text += n;
		if (*text == '.')
			text++;
		if (*text == '\0')
			break;
	}
	out[at] = 0;
	return true;
}
