/* SPDX-License-Identifier: MIT */
#include "resolver/routes.h"
#include <string.h>

enum { LABELS_MAX = 128 };

/* Does the text, from its last label on, stand at the end of the name? `labels` are where those
 * of the name begin. */
static bool is_in(
	const uint8_t *name, const uint8_t *labels, size_t n_labels, const char *domain)
{
	size_t end = strlen(domain);

	while (end > 0) {
		const char *dot = memrchr(domain, '.', end);
		size_t start = dot != NULL ? (size_t)(dot - domain) + 1 : 0;
		const uint8_t *label;

		if (n_labels == 0)
			return false;
		label = name + labels[--n_labels];
		if (label[0] != end - start)
			return false;
		for (size_t i = 0; i < label[0]; i++) {
			uint8_t c = label[1 + i];

			if (c >= 'A' && c <= 'Z')
				c = (uint8_t)(c + ('a' - 'A'));
			if (c != (uint8_t)domain[start + i])
				return false;
		}
		end = dot != NULL ? start - 1 : 0;
	}
	return true;
}

/* Where the labels of its name begin. */
static size_t find_labels(struct wire question, uint8_t *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < question.size && question.data[at] != 0;
		at += 1 + (size_t)question.data[at])
		ret[n++] = (uint8_t)at;
	return n;
}

bool domains_contain(const char *const *domains, size_t n, struct wire question)
{
	uint8_t labels[LABELS_MAX];
	size_t n_labels = find_labels(question, labels);

	for (size_t i = 0; i < n; i++)
		if (is_in(question.data, labels, n_labels, domains[i]))
			return true;
	return false;
}

const struct route *routes_find(const struct route *routes, size_t n, struct wire question)
{
	const struct route *found = NULL;
	size_t n_labels, longest = 0;
	uint8_t labels[LABELS_MAX];

	if (n == 0)
		return NULL;
	n_labels = find_labels(question, labels);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < routes[i].conf->n_domains; j++) {
			const char *domain = routes[i].conf->domains[j].name;

			/* One that contains another is shorter. */
			if (strlen(domain) > longest &&
				is_in(question.data, labels, n_labels, domain)) {
				found = &routes[i];
				longest = strlen(domain);
			}
		}
	}
	return found;
}
