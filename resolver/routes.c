/* SPDX-License-Identifier: MIT */
#include "resolver/routes.h"
#include <string.h>

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

struct labels {
	uint8_t at[128];
	size_t n;
};

static void find_labels(struct wire question, struct labels *ret)
{
	ret->n = 0;
	for (size_t at = 0; at < question.size && question.data[at] != 0;
		at += 1 + (size_t)question.data[at])
		ret->at[ret->n++] = (uint8_t)at;
}

bool domains_contain(const char *const *domains, size_t n, struct wire question)
{
	struct labels labels;

	find_labels(question, &labels);
	for (size_t i = 0; i < n; i++)
		if (is_in(question.data, labels.at, labels.n, domains[i]))
			return true;
	return false;
}

/* The size of the longest of the domains that the name is in, if it is more than `longest`. */
static size_t longer(const struct conf_domain *domains, size_t n, const struct labels *labels,
	struct wire question, size_t longest)
{
	for (size_t i = 0; i < n; i++)
		/* One that contains another is shorter. */
		if (strlen(domains[i].name) > longest &&
			is_in(question.data, labels->at, labels->n, domains[i].name))
			longest = strlen(domains[i].name);
	return longest;
}

const struct route *routes_find(
	const struct conf *conf, const struct route *routes, size_t n, struct wire question)
{
	const struct route *found = NULL;
	struct labels labels;
	size_t longest;

	if (n == 0)
		return NULL;
	find_labels(question, &labels);
	longest = longer(conf->domains, conf->n_domains, &labels, question, 0);
	for (size_t i = 0; i < n; i++) {
		size_t more = longer(routes[i].conf->domains, routes[i].conf->n_domains,
			&labels, question, longest);

		if (more > longest)
			found = &routes[i];
		longest = more;
	}
	return found;
}

bool routes_claim(const struct conf *conf, struct wire question)
{
	struct labels labels;
	size_t longest;

	find_labels(question, &labels);
	longest = longer(conf->domains, conf->n_domains, &labels, question, 0);
	for (size_t i = 0; i < conf->n_routes && longest == 0; i++)
		longest = longer(conf->routes[i].domains, conf->routes[i].n_domains, &labels,
			question, 0);
	return longest > 0;
}
