/* SPDX-License-Identifier: MIT */
/* The keys of who may ask, how often, and which answers are not passed on. */
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>

static bool allow(struct reading *reading, const char *word, size_t size)
{
	struct conf *conf = reading->conf;
	struct conf_prefix prefix;

	if (!value_prefix(word, size, &prefix))
		return mistake(reading,
			"%.*s: not ADDRESS or ADDRESS/BITS, with zeroes behind the prefix",
			(int)size, word);
	if (conf->n_allowed == ALLOWED_MAX)
		return mistake(reading, "more than %d networks", ALLOWED_MAX);
	conf->allowed[conf->n_allowed++] = prefix;
	return true;
}

SETTER(allow_clients)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_allowed = 0;
	return each_word(reading, value, allow);
}

SETTER(rate_limit)
{
	unsigned long number;

	if (*value == '\0')
		value = option->standard;
	if (!value_number(value, strlen(value), 0, 1000000, &number))
		return mistake(
			reading, "%s: not a number of queries a second; 0: no limit", value);
	reading->conf->rate_limit = (uint32_t)number;
	return true;
}

SETTER(rebind_protection)
{
	return read_bool(reading, option, value, &reading->conf->rebind_protection);
}

static bool allow_rebinding(struct reading *reading, const char *word, size_t size)
{
	return add_domain(reading, word, size, reading->conf->rebind_allow,
		&reading->conf->n_rebind_allow, ROUTE_DOMAINS_MAX);
}

SETTER(rebind_allow)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_rebind_allow = 0;
	return each_word(reading, value, allow_rebinding);
}
