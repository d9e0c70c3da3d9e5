/* SPDX-License-Identifier: MIT */
#pragma once
/* The state of reading a configuration, between the files of this folder. */
#include "conf/conf.h"

enum {
	UPSTREAMS_MAX_CONF = 32, /* each may be asked by two protocols */
	LISTENERS_MAX = 64,
	DISTRUSTED_MAX = 256,
	PINS_MAX = 128,
	ROUTES_MAX = 64,
	ROUTE_UPSTREAMS_MAX = 8,
	ROUTE_DOMAINS_MAX = 64,
	NEGATIVE_ANCHORS_MAX = 64,
	ALLOWED_MAX = 256,
	SEARCH_MAX = 256, /* as resolved takes of a link */
	REFUSED_TYPES_MAX = 64,
	LINKS_MAX = 64,
	PORTAL_HOSTS_MAX = 64,
};

enum how_often { ONCE, MANY };

struct reading;

/* A row of options.def. */
struct option {
	const char *section, *key;
	/* False: the value is not good, and mistake() was called. "" resets to the default. */
	bool (*set)(struct reading *, const struct option *, const char *value);
	enum how_often how_often;
	const char *values, *standard, *text;
};

/* A struct conf with the texts that it points to. */
struct owned_conf {
	struct conf conf; /* first: conf_free() gets its address */
	char **texts;
	size_t n_texts;
};

struct reading {
	struct owned_conf *owned;
	struct conf *conf; /* within it */
	struct conf_errors *errors;
	bool no_memory;
	const char *file;
	unsigned line;
	const struct option *option; /* of this line; NULL: none */
	struct conf_route *route;    /* the [Route] that it stands in; NULL: none */
};

/* Notes a mistake in this line. Always returns false, so that a setter can end with it. */
[[gnu::format(printf, 2, 3)]] bool mistake(struct reading *reading, const char *format, ...);

/* A copy that lives as long as the configuration. NULL: no memory, which was noted. */
const char *keep_text(struct reading *reading, const char *text, size_t size);

/* Adds a domain, in lower case and without its final dot, to a list of *n that has room for
 * `max`. False: a mistake, or no memory. */
bool add_domain(struct reading *reading, const char *text, size_t size, const char **list,
	size_t *n, size_t max);

/* yes or no, or what else means the same to resolved.conf(5). */
bool read_bool(
	struct reading *reading, const struct option *option, const char *value, bool *ret);
/* The same, in lower case. */
const char *keep_name(struct reading *reading, const char *name, size_t size);

/* Calls `each` with every word of the value. An empty value has none: its setter begins anew.
 */
bool each_word(struct reading *reading, const char *value,
	bool (*each)(struct reading *, const char *word, size_t size));

/* A [Route] begins in this line. */
bool begin_route(struct reading *reading);

/* Do both want the same socket? */
bool listeners_overlap(const struct conf_listener *a, const struct conf_listener *b);

/* The rows of options.def, and how many. */
extern const struct option options[];
extern const size_t n_options;

/* The row of a key; NULL: there is none. */
const struct option *find_option(const char *section, const char *key);

/* together.c: the mistakes that no line shows alone; and the defaults that depend on other
 * keys. */
void check_together(struct reading *reading);
