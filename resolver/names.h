/* SPDX-License-Identifier: MIT */
#pragma once
/* Names that may be compressed (RFC 1035 section 4.1.4): compared, and written in full.
 * Pointers go strictly backwards, so that none is followed for ever (RFC 9267). */
#include "resolver/reader.h"

/* Where a name that is only a pointer points to; else where it stands. */
size_t name_target(struct wire message, size_t at);

/* Does the name at `at` end in the one at `domain`? `equal`: nothing may stand before that. In
 * any case of letters. *budget: goes down by one a label, and stops at 0 with false. */
bool name_is_in(struct wire message, size_t at, size_t domain, bool equal, size_t *budget);

/* Once something finds no room, or a name is malformed, it is bad, and writes no more. */
struct name_writer {
	uint8_t *out;
	size_t at, size;
	bool bad;
};

void name_write_bytes(struct name_writer *w, const uint8_t *bytes, size_t n);
/* The name at `at` of the message, without compression. */
void name_write(struct name_writer *w, struct wire message, size_t at);
/* A whole record; the names in the data of those types that may have compressed ones are
 * written in full (RFC 3597 section 4). */
void name_write_record(struct name_writer *w, struct wire message, const struct record *record);
