/* SPDX-License-Identifier: MIT */
#pragma once
/* Names as lookups by function (resolve.h) take and give them: text without a final dot. */
#include "resolver/asked.h"

enum {
	RESOLVE_TEXT_MAX = 4 * NAME_SIZE_MAX + 1, /* with its terminator; all may be escaped */
	RESOLVE_LABEL_TEXT_MAX = 63 + 1,
};

struct resolve_name {
	uint8_t wire[NAME_SIZE_MAX];
	size_t size;
};

/* With escapes, or letters that DNS does not have. False: it is none, or has control
 * characters. */
bool resolve_name_read(const char *text, struct resolve_name *ret);
bool resolve_name_has_one_label(const struct resolve_name *name);
/* Puts `domain` behind it; false: that is too long, and it is as it was. */
bool resolve_name_append(struct resolve_name *name, const struct resolve_name *domain);

/* The name at `at` of a message, which may be compressed; false: there is none. "." is the
 * root; what is neither letter, digit, '-' nor '_' is escaped. */
bool resolve_name_text(struct wire message, size_t at, char ret[RESOLVE_TEXT_MAX]);

/* One label, of anything printable (RFC 6763 section 4.1.1). False: it is none. */
bool resolve_name_of_instance(const char *text, struct resolve_name *ret);
/* Two labels that begin with '_' (RFC 2782). */
bool resolve_name_of_service(const char *text, struct resolve_name *ret);

/* What a service is called, in its parts; "" for one that it lacks. */
struct resolve_service_name {
	char instance[RESOLVE_LABEL_TEXT_MAX]; /* printable, not escaped */
	char type[RESOLVE_TEXT_MAX], domain[RESOLVE_TEXT_MAX];
};

/* False: there is no name. */
bool resolve_name_split(struct wire message, size_t at, struct resolve_service_name *ret);
