/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The door to ldns. It is loaded when DNSSEC=yes first asks for it: it brings OpenSSL along,
 * and who does not validate shall not pay for that with memory and a slower start.
 */
#include <ldns/ldns.h>
#include <stdbool.h>
#include <stddef.h>

/* Those that are called, besides what is inline in its headers. */
#define LDNS_FUNCTIONS(X)                                                                      \
	X(buffer_free)                                                                         \
	X(buffer_new)                                                                          \
	X(get_errorstr_by_id)                                                                  \
	X(rr2buffer_wire)                                                                      \
	X(rr_free)                                                                             \
	X(rr_get_type)                                                                         \
	X(rr_new_frm_str)                                                                      \
	X(sha1)                                                                                \
	X(sha256)                                                                              \
	X(sha384)                                                                              \
	X(verify_rrsig_buffers_raw)

struct ldns {
#define MEMBER(name) __typeof__(ldns_##name) *name;
	LDNS_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct ldns ldns;

/* Before anything else of it. False: it is not there, and why says what is wrong. */
bool ldns_load(char *why, size_t why_size);
