/* SPDX-License-Identifier: MIT */
#pragma once
/* Trust anchors: DS RRsets that are believed, and domains below which nothing is judged
 * (RFC 7646). */
#include "resolver/dnssec_rr.h"

struct anchors;

/*
 * path      DS and DNSKEY records in zone format, one a line; a key whose line says by RFC 5011
 *           states (";;state=1") that it is not yet, or no longer valid, is left out. NULL: the
 *           root's keys of 2017 and 2024.
 * Returns NULL when anything is wrong: why says what.
 */
struct anchors *anchors_load(const char *path, const char *const *negative, size_t n_negative,
	char *why, size_t why_size);
/* NULL is allowed. */
void anchors_free(struct anchors *anchors);
/* The one that is nearest above the name, or is its own: which name it has, and its DS as in
 * struct fact. False: there is none. */
bool anchors_find(const struct anchors *anchors, const uint8_t *name, const uint8_t **ret_name,
	struct wire *ret_rdatas);
/* Does a negative one hold for it? A trust anchor at the same name, or nearer, prevails. */
bool anchors_exempt(const struct anchors *anchors, const uint8_t *name);
