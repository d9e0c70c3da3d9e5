/* SPDX-License-Identifier: MIT */
#pragma once
/* For tests that have the judge see answers of the vectors, or what was made of them. */
#include "resolver/dnssec_rr.h"
#include "vectors.h"

extern struct vectors *vectors;

/* For a group of tests. */
int judged_load(void **state);
int judged_unload(void **state);

/* A judge with the root of the vectors. */
struct dnssec *make(const char *const *negative, size_t n);
/* Judges a message, with all that it needs taken from the vectors. */
struct dnssec_verdict judge_message(
	struct dnssec *dnssec, struct wire message, uint64_t now_s, struct dnssec_work *work);
const struct vector *find_text(const char *text, uint16_t type);
/* rrs_free() it */
struct rrs rrs_of(const struct vector *vector);
/* A message with the question and code of the one, and the records of the other, uncompressed.
 */
size_t write_message(const struct vector *asked, const struct rrs *rrs, uint8_t *out);
enum dnssec_result judge_rrs(
	struct dnssec *dnssec, const struct vector *asked, const struct rrs *rrs);
