/* SPDX-License-Identifier: MIT */
/* Files, lines, sections, keys: from text to setters. */
#include "conf/set.h"
#include "conf/suggest.h"
#include "conf/value.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_SIZE_MAX = 1024 * 1024,
	LINE_MAX_SIZE = 4096, /* continued lines together */
	ERRORS_MAX = 100,
	OPTIONS_MAX = 96,
};

const struct option options[] = {
#define OPTION(section, key, setter, how_often, values, standard, text)                        \
	{#section, #key, set_##setter, how_often, values, standard, text},
#include "conf/options.def"
#undef OPTION
};
const size_t n_options = sizeof options / sizeof *options;

/* One file under way. */
struct file_reading {
	struct reading *reading;
	const char *section; /* of an option; NULL: none, or one that is not known */
	bool in_unknown_section;
	bool seen[OPTIONS_MAX]; /* scalars, in this file */
};

static void add_error(struct reading *reading, const char *text)
{
	struct conf_errors *errors = reading->errors;
	char **lines;

	if (errors->count == ERRORS_MAX)
		return;
	lines = realloc(errors->lines, (errors->count + 1) * sizeof *lines);
	if (lines == NULL) {
		reading->no_memory = true;
		return;
	}
	errors->lines = lines;
	lines[errors->count] = strdup(text);
	if (lines[errors->count] == NULL)
		reading->no_memory = true;
	else
		errors->count++;
}

/* A file's bytes may be anything; a message is printable. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

bool mistake(struct reading *reading, const char *format, ...)
{
	char what[512], line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (reading->line == 0)
		snprintf(line, sizeof line, "%s: %s", reading->file, what);
	else if (reading->option == NULL)
		snprintf(line, sizeof line, "%s:%u: %s", reading->file, reading->line, what);
	else
		snprintf(line, sizeof line, "%s:%u: %s: %s", reading->file, reading->line,
			reading->option->key, what);
	make_printable(line);
	add_error(reading, line);
	return false;
}

const char *keep_text(struct reading *reading, const char *text, size_t size)
{
	struct owned_conf *owned = reading->owned;
	char **texts = realloc(owned->texts, (owned->n_texts + 1) * sizeof *texts);
	char *copy = NULL;

	if (texts != NULL) {
		owned->texts = texts;
		copy = strndup(text, size);
	}
	if (copy == NULL)
		reading->no_memory = true;
	else
		texts[owned->n_texts++] = copy;
	return copy;
}

const struct option *find_option(const char *section, const char *key)
{
	for (size_t i = 0; i < n_options; i++)
		if (strcmp(options[i].section, section) == 0 &&
			strcmp(options[i].key, key) == 0)
			return &options[i];
	return NULL;
}

static void read_section(struct file_reading *file, char *line)
{
	size_t size = strlen(line);
	const char *near;

	file->section = NULL;
	file->in_unknown_section = true;
	file->reading->route = NULL;
	if (line[size - 1] != ']') {
		mistake(file->reading, "%s: a section is written [Section]", line);
		return;
	}
	line[size - 1] = '\0';
	line++;
	for (size_t i = 0; i < n_options; i++)
		if (strcmp(options[i].section, line) == 0)
			file->section = options[i].section;
	file->in_unknown_section = file->section == NULL;
	if (file->section != NULL && strcmp(file->section, "Route") == 0)
		file->in_unknown_section = !begin_route(file->reading);
	if (file->section != NULL)
		return;
	near = suggest_section(line);
	mistake(file->reading, "[%s]: there is no such section%s%s%s", line,
		near != NULL ? "; did you mean [" : "", near != NULL ? near : "",
		near != NULL ? "]?" : "");
}

static void read_assignment(struct file_reading *file, char *line)
{
	struct reading *reading = file->reading;
	char *equals = strchr(line, '=');
	const char *near;
	size_t key_size, index;

	if (file->in_unknown_section)
		return; /* said already */
	if (equals == NULL) {
		mistake(reading, "%s: neither Key=Value nor [Section] nor a comment", line);
		return;
	}
	key_size = (size_t)(equals - line);
	while (key_size > 0 && (line[key_size - 1] == ' ' || line[key_size - 1] == '\t'))
		key_size--;
	line[key_size] = '\0';
	if (file->section == NULL) {
		mistake(reading, "%s: it stands before any section; [Resolve] is missing",
			line);
		return;
	}
	reading->option = find_option(file->section, line);
	if (reading->option == NULL) {
		near = suggest_key(file->section, line);
		mistake(reading, "%s: there is no such key in [%s]%s%s%s", line, file->section,
			near != NULL ? "; did you mean " : "", near != NULL ? near : "",
			near != NULL ? "?" : "");
		return;
	}
	index = (size_t)(reading->option - options);
	if (reading->option->how_often == ONCE && file->seen[index])
		mistake(reading, "it is set twice in this file");
	file->seen[index] = true;
	equals++;
	equals += strspn(equals, " \t");
	reading->option->set(reading, reading->option, equals);
	reading->option = NULL;
}

/* One line, continued ones joined, without white space around it. */
static void read_line(struct file_reading *file, char *line)
{
	if (*line == '\0' || *line == '#' || *line == ';')
		return;
	if (*line == '[')
		read_section(file, line);
	else
		read_assignment(file, line);
	file->reading->option = NULL;
}

static size_t trim(const char **text, size_t size)
{
	while (size > 0 && (**text == ' ' || **text == '\t')) {
		(*text)++;
		size--;
	}
	while (size > 0 && ((*text)[size - 1] == ' ' || (*text)[size - 1] == '\t'))
		size--;
	return size;
}

static bool good_bytes(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

static void read_text(struct reading *reading, const char *text, size_t size)
{
	struct file_reading file = {.reading = reading};
	const char *end = text + size;
	char line[LINE_MAX_SIZE + 1];
	size_t used = 0;
	unsigned number = 0;
	bool broken = false;

	reading->route = NULL;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *part = text;
		size_t n = trim(&part, (size_t)((newline != NULL ? newline : end) - text));
		bool comment = n > 0 && (*part == '#' || *part == ';');
		bool continued;

		text = newline != NULL ? newline + 1 : end;
		number++;
		if (comment && used > 0)
			continue; /* between continued lines, as systemd.syntax(7) has it */
		if (used == 0)
			reading->line = number;
		continued = !comment && n > 0 && part[n - 1] == '\\';
		if (continued)
			n--;
		if (!broken && (!good_bytes(part, n) || used + n + 1 > LINE_MAX_SIZE))
			broken = !mistake(reading, "%s",
				good_bytes(part, n) ? "the line is too long"
						    : "a control character stands in the line");
		/* What it says may be asked for, and is told as JSON. */
		if (!broken && !comment && !value_utf8(part, n))
			broken = !mistake(reading, "the line is not UTF-8");
		if (!broken) {
			memcpy(line + used, part, n);
			used += n;
			if (continued)
				line[used++] = ' ';
		}
		if (continued && text < end)
			continue;
		while (used > 0 && line[used - 1] == ' ')
			used--;
		line[used] = '\0';
		if (!broken)
			read_line(&file, line);
		used = 0;
		broken = false;
	}
	reading->line = 0;
}

static struct owned_conf *owned_new(void)
{
	struct owned_conf *owned = calloc(1, sizeof *owned);

	if (owned == NULL)
		return NULL;
	owned->conf.references = 1;
	owned->conf.upstreams = calloc(UPSTREAMS_MAX_CONF, sizeof *owned->conf.upstreams);
	owned->conf.extra_listeners =
		calloc(LISTENERS_MAX, sizeof *owned->conf.extra_listeners);
	owned->conf.distrusted = calloc(DISTRUSTED_MAX, sizeof *owned->conf.distrusted);
	owned->conf.pins = calloc(PINS_MAX, sizeof *owned->conf.pins);
	owned->conf.allowed = calloc(ALLOWED_MAX, sizeof *owned->conf.allowed);
	owned->conf.negative_anchors =
		calloc(NEGATIVE_ANCHORS_MAX, sizeof *owned->conf.negative_anchors);
	owned->conf.rebind_allow = calloc(ROUTE_DOMAINS_MAX, sizeof *owned->conf.rebind_allow);
	owned->conf.routes = calloc(ROUTES_MAX, sizeof *owned->conf.routes);
	owned->conf.fallback = calloc(UPSTREAMS_MAX_CONF, sizeof *owned->conf.fallback);
	owned->conf.domains = calloc(SEARCH_MAX, sizeof *owned->conf.domains);
	owned->conf.refused_types =
		calloc(REFUSED_TYPES_MAX, sizeof *owned->conf.refused_types);
	owned->conf.links = calloc(LINKS_MAX, sizeof *owned->conf.links);
	owned->conf.portal_hosts = calloc(PORTAL_HOSTS_MAX, sizeof *owned->conf.portal_hosts);
	if (owned->conf.links != NULL && owned->conf.portal_hosts != NULL &&
		owned->conf.routes != NULL && owned->conf.upstreams != NULL &&
		owned->conf.fallback != NULL && owned->conf.domains != NULL &&
		owned->conf.refused_types != NULL && owned->conf.extra_listeners != NULL &&
		owned->conf.distrusted != NULL && owned->conf.pins != NULL &&
		owned->conf.allowed != NULL && owned->conf.rebind_allow != NULL &&
		owned->conf.negative_anchors != NULL)
		return owned;
	conf_free(&owned->conf);
	return NULL;
}

/* Everything as options.def has it, by its own setters. */
static void set_defaults(struct reading *reading)
{
	reading->file = "built-in";
	/* But the upstreams: check_together() takes the default ones when nobody names others.
	 */
	for (size_t i = 0; i < n_options; i++)
		if (options[i].set != set_upstreams)
			options[i].set(reading, &options[i], options[i].standard);
}

static bool begin(struct reading *reading, struct conf_errors *errors)
{
	*errors = (struct conf_errors){0};
	*reading = (struct reading){.owned = owned_new(), .errors = errors};
	if (reading->owned == NULL)
		return false;
	reading->conf = &reading->owned->conf;
	set_defaults(reading);
	return true;
}

static struct conf *end(struct reading *reading, const char *name)
{
	reading->file = name;
	reading->route = NULL;
	check_together(reading);
	if (reading->errors->count == 0 && !reading->no_memory)
		return reading->conf;
	conf_free(reading->conf);
	if (reading->no_memory)
		conf_errors_clear(reading->errors);
	return NULL;
}

struct conf *conf_parse(
	const char *name, const char *text, size_t size, struct conf_errors *errors)
{
	struct reading reading;

	if (!begin(&reading, errors))
		return NULL;
	reading.file = name;
	read_text(&reading, text, size);
	return end(&reading, name);
}

static void close_file(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

static void read_file(struct reading *reading, const char *path, bool may_be_missing)
{
	[[gnu::cleanup(close_file)]] FILE *file = fopen(path, "rbe");
	char *text;
	size_t n;

	reading->file = path;
	reading->line = 0;
	if (file == NULL && errno == ENOENT && may_be_missing)
		return;
	if (file == NULL) {
		mistake(reading, "%s", strerror(errno));
		return;
	}
	text = malloc(FILE_SIZE_MAX);
	if (text == NULL) {
		reading->no_memory = true;
		return;
	}
	n = fread(text, 1, FILE_SIZE_MAX, file);
	if (ferror(file))
		mistake(reading, "%s", strerror(errno));
	else if (n == FILE_SIZE_MAX)
		mistake(reading, "larger than 1 MiB");
	else
		read_text(reading, text, n);
	free(text);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 5 &&
	       strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* PATH.d, in the order of names. */
static void read_drop_ins(struct reading *reading, const char *path)
{
	char dir[4096];
	struct dirent **entries = NULL;
	int n;

	snprintf(dir, sizeof dir, "%s.d", path);
	n = scandir(dir, &entries, is_drop_in, alphasort);
	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		reading->file = dir;
		mistake(reading, "%s", strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		char file[sizeof dir + 256];
		const char *kept;

		snprintf(file, sizeof file, "%s/%s", dir, entries[i]->d_name);
		kept = keep_text(reading, file, strlen(file));
		if (kept != NULL)
			read_file(reading, kept, false);
		free(entries[i]);
	}
	free(entries);
}

struct conf *conf_load(const char *path, struct conf_errors *errors)
{
	bool may_be_missing = path == NULL;
	struct reading reading;

	if (path == NULL)
		path = CONF_DEFAULT_PATH;
	if (!begin(&reading, errors))
		return NULL;
	read_file(&reading, path, may_be_missing);
	read_drop_ins(&reading, path);
	return end(&reading, path);
}

struct conf *conf_ref(struct conf *conf)
{
	atomic_fetch_add(&conf->references, 1);
	return conf;
}

void conf_free(struct conf *conf)
{
	struct owned_conf *owned = (struct owned_conf *)(void *)conf;

	if (conf == NULL || atomic_fetch_sub(&conf->references, 1) > 1)
		return;
	for (size_t i = 0; i < owned->n_texts; i++)
		free(owned->texts[i]);
	free(owned->texts);
	free(conf->upstreams);
	free(conf->fallback);
	free(conf->domains);
	free(conf->refused_types);
	free(conf->extra_listeners);
	free(conf->distrusted);
	free(conf->pins);
	free(conf->allowed);
	free(conf->rebind_allow);
	free(conf->negative_anchors);
	free(conf->links);
	free(conf->portal_hosts);
	for (size_t i = 0; i < conf->n_routes; i++) {
		free(conf->routes[i].upstreams);
		free(conf->routes[i].domains);
	}
	free(conf->routes);
	free(owned);
}

void conf_errors_clear(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	*errors = (struct conf_errors){0};
}
