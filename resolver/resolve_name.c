/* SPDX-License-Identifier: MIT */
#include "resolver/resolve_name.h"
#include "conf/value.h"
#include "resolver/names.h"
#include "resolver/presentation.h"
#include <stdio.h>
#include <string.h>

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

bool resolve_name_read(const char *text, struct resolve_name *ret)
{
	return !has_control(text) && presentation_read_any_name(text, ret->wire, &ret->size);
}

bool resolve_name_has_one_label(const struct resolve_name *name)
{
	return name->size > 1 && name->size == 2U + name->wire[0];
}

bool resolve_name_append(struct resolve_name *name, const struct resolve_name *domain)
{
	if (domain->size > sizeof name->wire - (name->size - 1))
		return false;
	memcpy(name->wire + name->size - 1, domain->wire, domain->size);
	name->size += domain->size - 1;
	return true;
}

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Labels from `at` to the one at `end`, which is not written. */
static void write_labels(const uint8_t *name, size_t at, size_t end, char *ret)
{
	char *p = ret;

	for (size_t start = at; at < end; at += 1 + (size_t)name[at]) {
		if (at > start)
			*p++ = '.';
		for (size_t i = 1; i <= name[at]; i++)
			if (is_plain(name[at + i]))
				*p++ = (char)name[at + i];
			else
				p += snprintf(p, 5, "\\%03u", name[at + i]);
	}
	if (p == ret)
		*p++ = '.';
	*p = '\0';
}

/* The size of the whole name, without compression; 0: there is none. */
static size_t whole(struct wire message, size_t at, uint8_t ret[NAME_SIZE_MAX])
{
	struct name_writer w = {.out = ret, .size = NAME_SIZE_MAX};

	name_write(&w, message, at);
	return w.bad ? 0 : w.at;
}

bool resolve_name_text(struct wire message, size_t at, char ret[RESOLVE_TEXT_MAX])
{
	uint8_t name[NAME_SIZE_MAX];
	size_t size = whole(message, at, name);

	if (size > 0)
		write_labels(name, 0, size - 1, ret);
	return size > 0;
}

bool resolve_name_of_instance(const char *text, struct resolve_name *ret)
{
	size_t size = strlen(text);

	if (size == 0 || size > LABEL_MAX || has_control(text) || !value_utf8(text, size))
		return false;
	ret->wire[0] = (uint8_t)size;
	memcpy(ret->wire + 1, text, size);
	ret->wire[1 + size] = 0;
	ret->size = size + 2;
	return true;
}

/* One that begins with '_': it has more. */
static bool is_of_service(const uint8_t *label)
{
	return label[0] > 1 && label[1] == '_';
}

bool resolve_name_of_service(const char *text, struct resolve_name *ret)
{
	size_t second;

	if (!resolve_name_read(text, ret) || ret->size < 2 || !is_of_service(ret->wire))
		return false;
	for (size_t i = 0; text[i] != '\0'; i++)
		if (!is_plain((uint8_t)text[i]) && text[i] != '.')
			return false;
	second = 1 + (size_t)ret->wire[0];
	return is_of_service(ret->wire + second) &&
	       ret->wire[second + 1 + ret->wire[second]] == 0;
}

bool resolve_name_split(struct wire message, size_t at, struct resolve_service_name *ret)
{
	uint8_t name[NAME_SIZE_MAX];
	size_t size = whole(message, at, name), type = 0, domain;

	*ret = (struct resolve_service_name){0};
	if (size == 0)
		return false;
	/* The root's label ends all: behind it nothing is looked at. */
	if (name[0] > 0 && !is_of_service(name))
		type = 1 + (size_t)name[0];
	domain = type + 1 + name[type];
	if (!is_of_service(name + type) || !is_of_service(name + domain)) {
		write_labels(name, 0, size - 1, ret->domain);
		return true;
	}
	domain += 1 + (size_t)name[domain];
	if (type > 0)
		message_printable(name + 1, name[0], (uint8_t *)ret->instance);
	write_labels(name, type, domain, ret->type);
	write_labels(name, domain, size - 1, ret->domain);
	return true;
}
