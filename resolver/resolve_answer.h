/* SPDX-License-Identifier: MIT */
#pragma once
/* What lookups by function (resolve.h) take of a reply. Bounds are its own: whatever bytes
 * come, it ends, and reads none that are not there. */
#include "resolver/reader.h"
#include "resolver/resolve.h"

enum {
	READING_RECORDS_MAX = 256, /* of more in one answer, the first */
	READING_TEXT_MAX = 512,
};

struct reading {
	struct wire message;  /* borrowed */
	enum resolve_err err; /* RESOLVE_OK: there is a record at least */
	unsigned rcode;
	int ede; /* -1: none */
	char ede_text[READING_TEXT_MAX];
	bool authentic;  /* its sender says so: AD */
	bool unfinished; /* aliases lead to a name of which nothing is said at all */
	unsigned aliases;
	size_t canonical; /* where the name stands that aliases lead to */
	size_t n;         /* of what was asked for */
	struct record records[READING_RECORDS_MAX];
};

void reading_read(struct wire message, struct reading *ret);

/* The record at `i`, as its type has it; false: it is malformed. */
bool reading_address(const struct reading *reading, size_t i, struct address *ret);
/* Whole, its names without compression, from malloc(); NULL: no memory, or malformed. */
uint8_t *reading_record(const struct reading *reading, size_t i, size_t *ret_size);
/* Where the name stands of which its data is, behind `fixed` bytes: 0 for PTR, 6 for SRV. */
bool reading_name_at(const struct reading *reading, size_t i, size_t fixed, size_t *ret);
