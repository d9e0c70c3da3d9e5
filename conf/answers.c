/* SPDX-License-Identifier: MIT */
/* What is answered here, and what is not answered at all. */
#include "conf/rrtype.h"
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>

SETTER(read_etc_hosts)
{
	return read_bool(reading, option, value, &reading->conf->read_etc_hosts);
}

SETTER(single_label)
{
	return read_bool(reading, option, value, &reading->conf->resolve_single_label);
}

SETTER(canary_domain)
{
	if (*value == '\0')
		value = option->standard;
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	reading->conf->refuse_canary = strcmp(value, "refuse") == 0;
	return true;
}

static bool refuse_type(struct reading *reading, const char *text, size_t size)
{
	struct conf *conf = reading->conf;
	uint16_t type;

	if (!rrtype_parse(text, size, &type))
		return mistake(reading, "%.*s: not a record type such as MX or TYPE65",
			(int)size, text);
	for (size_t i = 0; i < conf->n_refused_types; i++)
		if (conf->refused_types[i] == type)
			return true;
	if (conf->n_refused_types == REFUSED_TYPES_MAX)
		return mistake(reading, "more than %d types", REFUSED_TYPES_MAX);
	conf->refused_types[conf->n_refused_types++] = type;
	return true;
}

SETTER(refused_types)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_refused_types = 0;
	return each_word(reading, value, refuse_type);
}
