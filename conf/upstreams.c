/* SPDX-License-Identifier: MIT */
/* Upstreams and routes: who is asked, how, and for what. */
#include "conf/set.h"
#include "conf/value.h"
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE_MAX = 200, WORD_SIZE_MAX = 512 };

static const char PATH_STANDARD[] = "/dns-query"; /* RFC 8484 has it in its examples */
static const char GET_TEMPLATE[] = "{?dns}";

/* A word, and what of it has not been read yet. */
struct word {
	const char *whole;
	int whole_size;
	const char *text;
	size_t size;
};

static bool skip(struct word *word, const char *prefix)
{
	size_t n = strlen(prefix);

	if (word->size < n || memcmp(word->text, prefix, n) != 0)
		return false;
	word->text += n;
	word->size -= n;
	return true;
}

static bool refuse(struct reading *reading, const struct word *word, const char *why)
{
	return mistake(reading, "%.*s: %s", word->whole_size, word->whole, why);
}

static bool read_protocol(
	struct reading *reading, struct word *word, struct conf_upstream *upstream)
{
	upstream->protocol_given = true;
	if (skip(word, "tls://")) {
		upstream->protocol = CONF_PROTOCOL_TLS;
	} else if (skip(word, "https://")) {
		upstream->protocol = CONF_PROTOCOL_HTTPS;
	} else if (skip(word, "plain://")) {
		upstream->protocol = CONF_PROTOCOL_PLAIN;
		if (reading->route == NULL)
			return refuse(reading, word,
				"upstreams are never asked in plain text; that is for a "
				"[Route] "
				"only");
	} else {
		upstream->protocol_given = false;
		if (memmem(word->text, word->size, "://", 3) != NULL)
			return refuse(reading, word,
				"not a protocol this program speaks (tls://, https://)");
	}
	return true;
}

const char *keep_name(struct reading *reading, const char *name, size_t size)
{
	char *copy = (char *)(uintptr_t)keep_text(reading, name, size);

	for (char *c = copy; c != NULL && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return copy;
}

/* What stands behind the #. */
static bool read_name(
	struct reading *reading, struct word *word, struct conf_upstream *upstream)
{
	const char *hash = memchr(word->text, '#', word->size), *name;
	struct conf_address ip;
	size_t size;

	if (hash == NULL)
		return true;
	name = hash + 1;
	size = word->size - (size_t)(name - word->text);
	word->size = (size_t)(hash - word->text);
	if (upstream->protocol == CONF_PROTOCOL_PLAIN)
		return refuse(reading, word, "in plain text nobody proves a name");
	if (size > 0 && name[size - 1] == '.')
		size--;
	if (value_ip(name, size, &ip))
		return mistake(reading,
			"%.*s: an authentication name is a host name; that the certificate is "
			"for "
			"the address is checked in any case",
			(int)size, name);
	if (!value_hostname(name, size))
		return mistake(reading, "%.*s: not a host name", (int)size, name);
	upstream->name = keep_name(reading, name, size);
	return upstream->name != NULL;
}

static bool good_path(const char *path, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (path[i] <= ' ' || path[i] >= 0x7f ||
			strchr("\"<>\\^`{|}?#", path[i]) != NULL)
			return false;
	return size <= PATH_SIZE_MAX;
}

/* From the first slash on. */
static bool read_path(
	struct reading *reading, struct word *word, struct conf_upstream *upstream)
{
	const char *slash = memchr(word->text, '/', word->size), *path;
	const size_t template = sizeof GET_TEMPLATE - 1;
	size_t size;

	if (word->size >= template &&
		memcmp(word->text + word->size - template, GET_TEMPLATE, template) == 0) {
		upstream->get = true;
		word->size -= template;
	}
	path = slash != NULL ? slash : PATH_STANDARD;
	size = slash != NULL ? word->size - (size_t)(slash - word->text) : strlen(path);
	if (slash != NULL)
		word->size = (size_t)(slash - word->text);
	if (!good_path(path, size))
		return refuse(reading, word,
			"its path is not one of an https URI; of templates (RFC 8484) only "
			"{?dns} at its end is known");
	upstream->path = keep_text(reading, path, size);
	return upstream->path != NULL;
}

/* https://NAME[:PORT]: its address is found by asking other upstreams. */
static bool read_host(
	struct reading *reading, struct word *word, struct conf_upstream *upstream)
{
	const char *colon = memchr(word->text, ':', word->size);
	size_t size = colon != NULL ? (size_t)(colon - word->text) : word->size;
	unsigned long port = 0;
	bool letters = false;

	if (colon != NULL &&
		!value_number(colon + 1, word->size - size - 1, 1, UINT16_MAX, &port))
		return false;
	for (size_t i = 0; i < size; i++)
		letters |= word->text[i] != '.' && (word->text[i] < '0' || word->text[i] > '9');
	if (!letters || !value_hostname(word->text, size))
		return false;
	if (reading->route != NULL)
		return refuse(reading, word, "in a [Route] its address is needed");
	if (upstream->name != NULL &&
		(strlen(upstream->name) != size ||
			strncasecmp(upstream->name, word->text, size) != 0))
		return refuse(reading, word,
			"the name behind # must be the one of the URI, or be left out");
	upstream->address = (struct conf_address){.port = (uint16_t)port};
	upstream->name = keep_name(reading, word->text, size);
	return upstream->name != NULL;
}

static bool read_address(
	struct reading *reading, struct word *word, struct conf_upstream *upstream)
{
	size_t mistakes = reading->errors->count;

	if (memchr(word->text, '%', word->size) != NULL)
		return refuse(reading, word, "an interface is not supported yet");
	if (value_address(word->text, word->size, &upstream->address))
		return !value_is_no_host(&upstream->address) ||
		       refuse(reading, word, "not the address of a server");
	if (upstream->protocol == CONF_PROTOCOL_HTTPS) {
		if (read_host(reading, word, upstream))
			return true;
		return reading->errors->count > mistakes || reading->no_memory
			       ? false
			       : refuse(reading, word,
					 "not "
					 "https://ADDRESS|NAME[:PORT][/PATH][{?dns}][#NAME] "
					 "(IPv6 "
					 "with a port: [ADDRESS]:PORT)");
	}
	return refuse(
		reading, word, "not ADDRESS[:PORT][#NAME] (IPv6 with a port: [ADDRESS]:PORT)");
}

static bool read_upstream(
	struct reading *reading, const char *text, size_t size, struct conf_upstream *ret)
{
	struct conf_upstream upstream = {.text = keep_text(reading, text, size)};
	struct word word = {text, (int)size, text, size};

	if (upstream.text == NULL || !read_protocol(reading, &word, &upstream) ||
		!read_name(reading, &word, &upstream))
		return false;
	if (upstream.protocol == CONF_PROTOCOL_HTTPS && !read_path(reading, &word, &upstream))
		return false;
	if (!read_address(reading, &word, &upstream))
		return false;
	*ret = upstream;
	return true;
}

static bool read_upstreams(struct reading *reading, const char *value,
	struct conf_upstream *upstreams, size_t *n, size_t most)
{
	bool good = true;

	if (*value == '\0')
		*n = 0;
	while (*value != '\0') {
		size_t size = strcspn(value, " \t");

		if (*n == most)
			return mistake(reading, "more than %zu upstreams", most);
		if (read_upstream(reading, value, size, &upstreams[*n]))
			(*n)++;
		else
			good = false;
		value += size;
		value += strspn(value, " \t");
	}
	return good;
}

SETTER(upstreams)
{
	struct conf *conf = reading->conf;

	(void)option;
	return read_upstreams(
		reading, value, conf->upstreams, &conf->n_upstreams, UPSTREAMS_MAX_CONF);
}

bool begin_route(struct reading *reading)
{
	struct conf *conf = reading->conf;
	struct conf_route *route = &conf->routes[conf->n_routes];

	if (conf->n_routes == ROUTES_MAX)
		return mistake(reading, "more than %d routes", ROUTES_MAX);
	route->upstreams = calloc(ROUTE_UPSTREAMS_MAX, sizeof *route->upstreams);
	route->domains = calloc(ROUTE_DOMAINS_MAX, sizeof *route->domains);
	route->file = keep_text(reading, reading->file, strlen(reading->file));
	route->line = reading->line;
	conf->n_routes++;
	if (route->upstreams == NULL || route->domains == NULL || route->file == NULL) {
		reading->no_memory = true;
		return false;
	}
	reading->route = route;
	return true;
}

SETTER(fallback)
{
	struct conf *conf = reading->conf;

	(void)option;
	return read_upstreams(
		reading, value, conf->fallback, &conf->n_fallback, UPSTREAMS_MAX_CONF);
}

SETTER(route_upstreams)
{
	struct conf_route *route = reading->route;

	(void)option;
	return route == NULL || read_upstreams(reading, value, route->upstreams,
					&route->n_upstreams, ROUTE_UPSTREAMS_MAX);
}

SETTER(protocols)
{
	static const struct {
		const char *name;
		enum conf_protocol protocol;
	} known[] = {{"tls", CONF_PROTOCOL_TLS}, {"https", CONF_PROTOCOL_HTTPS}};
	struct conf *conf = reading->conf;

	if (*value == '\0')
		value = option->standard;
	conf->n_protocols = 0;
	while (*value != '\0') {
		size_t size = strcspn(value, " \t"), i;

		for (i = 0; i < sizeof known / sizeof *known; i++)
			if (strlen(known[i].name) == size &&
				memcmp(known[i].name, value, size) == 0)
				break;
		if (i == sizeof known / sizeof *known)
			return mistake(reading, "%.*s: not one of %s", (int)size, value,
				option->values);
		for (size_t j = 0; j < conf->n_protocols; j++)
			if (conf->protocols[j] == known[i].protocol)
				return mistake(
					reading, "%s: it is there already", known[i].name);
		conf->protocols[conf->n_protocols++] = known[i].protocol;
		value += size;
		value += strspn(value, " \t");
	}
	return true;
}

SETTER(post_quantum)
{
	static const char *const words[] = {[CONF_POST_QUANTUM_NO] = "no",
		[CONF_POST_QUANTUM_PREFER] = "prefer",
		[CONF_POST_QUANTUM_REQUIRE] = "require"};

	if (*value == '\0')
		value = option->standard;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(value, words[i]) == 0) {
			reading->conf->post_quantum = (enum conf_post_quantum)i;
			return true;
		}
	}
	return mistake(reading, "%s: not one of %s", value, option->values);
}
