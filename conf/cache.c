/* SPDX-License-Identifier: MIT */
/* The keys of what is kept, and for how long. */
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>

enum {
	CACHE_SIZE_MIN = 64 * 1024,
	CACHE_ENTRIES_MAX = 100000000,
	STALE_MAX_S = 7 * 24 * 3600,
};

SETTER(cache)
{
	struct conf *conf = reading->conf;

	if (*value == '\0')
		value = option->standard;
	conf->cache_negative = strcmp(value, "no-negative") != 0;
	if (!conf->cache_negative) {
		conf->cache = true;
		return true;
	}
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	conf->cache = strcmp(value, "yes") == 0;
	return true;
}

SETTER(cache_from_localhost)
{
	return read_bool(reading, option, value, &reading->conf->cache_from_localhost);
}

SETTER(cache_entries)
{
	unsigned long number;

	if (*value == '\0')
		value = option->standard;
	if (!value_number(value, strlen(value), 0, CACHE_ENTRIES_MAX, &number))
		return mistake(reading, "%s: not a number of answers", value);
	reading->conf->cache_entries = number;
	return true;
}

SETTER(cache_size)
{
	uint64_t bytes;

	if (*value == '\0')
		value = option->standard;
	if (!value_size(value, &bytes))
		return mistake(reading, "%s: not a size such as 512K or 8M", value);
	if (bytes < CACHE_SIZE_MIN || bytes > UINT32_MAX)
		return mistake(reading, "%s: not between 64K and 4095M", value);
	reading->conf->cache_size = (size_t)bytes;
	return true;
}

SETTER(stale_retention)
{
	uint64_t ms;

	if (*value == '\0')
		value = option->standard;
	if (!value_timespan_ms(value, &ms))
		return mistake(reading, "%s: not a span of time such as 1day or 3600", value);
	if (ms > (uint64_t)STALE_MAX_S * 1000)
		return mistake(reading, "%s: more than 7 days (RFC 8767 section 5)", value);
	reading->conf->stale_s = (uint32_t)(ms / 1000);
	return true;
}
