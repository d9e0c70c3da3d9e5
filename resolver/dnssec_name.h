/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Names as validation handles them: in wire format, whole (no compression), well-formed and
 * with their final empty label, at most 255 bytes. Those of struct rr are; dname_read() makes
 * more. Letters compare in any case (RFC 4343).
 */
#include "transport/exchange.h"

enum { DNAME_SIZE_MAX = 255, DNAME_TEXT_MAX = 1024 };

extern const uint8_t dname_root[1];

/* With the final empty label. */
size_t dname_size(const uint8_t *name);
/* Without it: 0 for the root. */
unsigned dname_labels(const uint8_t *name);
/* What is left of it when its first `n` labels are gone; `n` is at most dname_labels(). */
const uint8_t *dname_skip(const uint8_t *name, unsigned n);
/* Its last `labels` labels. */
static inline const uint8_t *dname_tail(const uint8_t *name, unsigned labels)
{
	return dname_skip(name, dname_labels(name) - labels);
}
bool dname_equal(const uint8_t *a, const uint8_t *b);
/* Is it `ancestor`, or below it? */
bool dname_in(const uint8_t *name, const uint8_t *ancestor);
/* The order of RFC 4034 section 6.1; below, equal to or above 0. */
int dname_compare(const uint8_t *a, const uint8_t *b);
/* How many labels both have in common at their ends. */
unsigned dname_common(const uint8_t *a, const uint8_t *b);
/* Is its first label an asterisk? */
bool dname_is_wildcard(const uint8_t *name);
/* Copies in lower case; `out` has DNAME_SIZE_MAX bytes. Returns the size. */
size_t dname_lower(const uint8_t *name, uint8_t *out);
/* `*.` in front of it. False: too long. */
bool dname_wildcard(const uint8_t *name, uint8_t *out);
/* The size of a whole name at the start of these bytes; 0: there is none. */
size_t dname_read(const uint8_t *bytes, size_t size);
/* "www.example", "." for the root; bytes that are not printed become \DDD. */
const char *dname_text(const uint8_t *name, char *out);
/* From such text, without escapes, in lower case. False: it is none. */
bool dname_from_text(const char *text, uint8_t *out);
