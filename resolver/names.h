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

/* Where names stand in the data of a type: behind so many bytes and character-strings; then
 * comes anything. */
struct name_shape {
	uint16_t type;
	uint8_t fixed, texts, names;
	bool compressible; /* they may be compressed in what we write */
	bool decompressed; /* they may come so, and are written in full (RFC 3597 section 4) */
	bool lower;        /* in canonical form (RFC 4034 section 6.2) */
};

/* That of a type without names is all zeroes. */
const struct name_shape *name_shape(uint16_t type);

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
