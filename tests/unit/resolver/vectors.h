/* SPDX-License-Identifier: MIT */
#pragma once
/* What a tree of signed zones has answered: tests/data/resolver/dnssec.vectors, see
 * make-dnssec-vectors there. */
#include "resolver/dnssec.h"
#include "resolver/dnssec_name.h"

struct vector {
	uint8_t name[DNAME_SIZE_MAX];
	uint16_t type;
	uint8_t *wire;
	size_t size;
};

struct vector_case {
	char text[280];
	uint8_t name[DNAME_SIZE_MAX];
	uint16_t type;
	enum dnssec_result want;
	int ede;
};

struct vectors {
	uint64_t now_s;
	char anchor[64]; /* path of a file with the root's DS */
	struct vector answers[512];
	struct vector_case cases[256];
	size_t n_answers, n_cases;
};

/* Aborts the test when the file is not as it should be. */
struct vectors *vectors_load(void);
void vectors_free(struct vectors *vectors);
/* NULL: nobody has asked for it. */
const struct vector *vectors_find(
	const struct vectors *vectors, const uint8_t *name, uint16_t type);
uint16_t vectors_type(const char *text);
