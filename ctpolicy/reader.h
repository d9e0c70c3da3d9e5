/* SPDX-License-Identifier: MIT */
#pragma once
/* Reads big-endian numbers and byte strings from a slice (RFC 8446 section 3). The first read
 * past its end sets `bad`; later reads yield nothing. So a parser is a straight line, checked
 * once. */
#include "ctpolicy/ctpolicy.h"

struct reader {
	struct ct_bytes rest;
	bool bad;
};

static inline struct ct_bytes read_bytes(struct reader *r, size_t n)
{
	struct ct_bytes taken = {0};

	if (r->bad || n > r->rest.size) {
		r->bad = true;
		return taken;
	}
	taken = (struct ct_bytes){r->rest.data, n};
	r->rest.data += n;
	r->rest.size -= n;
	return taken;
}

/* A number of `size` bytes, 8 at most. */
static inline uint64_t read_number(struct reader *r, size_t size)
{
	struct ct_bytes bytes = read_bytes(r, size);
	uint64_t number = 0;

	for (size_t i = 0; i < bytes.size; i++)
		number = number << 8 | bytes.data[i];
	return number;
}

/* A length of `size` bytes, 4 at most: that many any size_t has. */
static inline size_t read_size(struct reader *r, size_t size)
{
	return (size_t)read_number(r, size);
}

/* opaque<0..2^16-1> */
static inline struct ct_bytes read_opaque16(struct reader *r)
{
	return read_bytes(r, read_size(r, 2));
}
