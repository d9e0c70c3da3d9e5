/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A call as it comes over varlink: a JSON object {"method", "parameters", "more", "oneway"}.
 * Nothing here has to do with sockets.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VARLINK_CALL_MAX = 64 * 1024, VARLINK_BYTES_MAX = 16 };

struct varlink_call {
	json_t *message;          /* all of it; varlink_call_done() frees it */
	const char *method;       /* with its interface in front; borrowed from it */
	const json_t *parameters; /* an object; NULL: none; so too */
	bool more;                /* any number of replies are wanted */
	bool oneway;              /* none is */
};

/* `text` has no final zero. False: it is no call. */
[[nodiscard]] bool varlink_call_read(const char *text, size_t size, struct varlink_call *ret);
void varlink_call_done(struct varlink_call *call);

enum varlink_kind {
	VARLINK_BOOL,
	VARLINK_INT,    /* from min to max */
	VARLINK_STRING, /* borrowed from the call */
	VARLINK_BYTES,  /* an array of numbers from 0 to 255: its size, and the first
			   VARLINK_BYTES_MAX of them */
};

struct varlink_bytes {
	uint8_t bytes[VARLINK_BYTES_MAX];
	size_t size;
};

/* A parameter that a method knows. One that is missing, or null, leaves what it points to as it
 * was. */
struct varlink_parameter {
	const char *name;
	enum varlink_kind kind;
	bool required;
	int64_t min, max;
	union {
		bool *truth;
		int64_t *number;
		const char **string;
		struct varlink_bytes *bytes;
	};
};

/* Reads them all. NULL: good; else the name of the parameter that is missing, wrong, or not
 * known; borrowed from the call or the table. */
const char *varlink_parameters_read(
	const struct varlink_call *call, const struct varlink_parameter *table, size_t n);
