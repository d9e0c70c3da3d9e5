/* SPDX-License-Identifier: MIT */
#include "resolver/envfile.h"
#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Where a value stands while its quotes and backslashes are taken out of it, in place: what is
 * written never overtakes what is read. */
struct value {
	char *at, *out;
	char *end;  /* of what is kept: blanks behind it are not */
	char quote; /* that is open; NUL: none */
	bool bare;  /* it has begun without a quote: none has a meaning any more */
};

static void keep(struct value *value, char c)
{
	*value->out++ = c;
	if (value->quote != '\0' || !is_blank(c))
		value->end = value->out;
}

/* Behind a backslash. Between double quotes it is one itself, but before what a shell would
 * take for its own there. */
static void read_escaped(struct value *value)
{
	char c = *value->at++;

	if (c == '\n')
		return; /* the line goes on */
	if (value->quote == '"' && strchr("\"\\`$", c) == NULL)
		*value->out++ = '\\';
	*value->out++ = c;
	value->end = value->out;
	value->bare |= value->quote == '\0';
}

static void read_char(struct value *value)
{
	char c = *value->at++;

	if (c == '\\' && value->quote != '\'' && *value->at != '\0') {
		read_escaped(value);
	} else if (value->quote != '\0' && c == value->quote) {
		value->quote = '\0';
	} else if (value->quote == '\0' && !value->bare && (c == '"' || c == '\'')) {
		value->quote = c;
	} else if (value->quote != '\0' || value->bare || !is_blank(c)) {
		value->bare |= value->quote == '\0';
		keep(value, c);
	}
}

/* Terminates the value at `text`. Returns what stands behind its line. */
static char *read_value(char *text)
{
	struct value value = {.at = text, .out = text, .end = text};

	while (*value.at != '\0' && (value.quote != '\0' || *value.at != '\n'))
		read_char(&value);
	if (*value.at != '\0')
		value.at++;
	*value.end = '\0';
	return value.at;
}

/* The end of the key at `text` is where its = or the blanks before it are. NULL: that line has
 * none. */
static char *end_of_key(char *text, char **ret_value)
{
	char *end = text + strcspn(text, "=\n");

	if (*end != '=' || *text == '#' || *text == ';')
		return NULL;
	*ret_value = end + 1;
	while (end > text && is_blank(end[-1]))
		end--;
	return end;
}

void envfile_read(char *text, const char *const *keys, char **ret_values, size_t n)
{
	memset(ret_values, 0, n * sizeof *ret_values);
	while (*text != '\0') {
		char *value, *key, *end;

		key = text + strspn(text, " \t\r\n");
		end = end_of_key(key, &value);
		if (end == NULL) {
			text = key + strcspn(key, "\n");
			text += *text == '\n';
			continue;
		}
		text = read_value(value);
		*end = '\0';
		for (size_t i = 0; i < n; i++)
			if (keys[i] != NULL && strcmp(keys[i], key) == 0)
				ret_values[i] = value;
	}
}
