/* SPDX-License-Identifier: MIT */
#pragma once
/* The names of record types (IANA, "Resource Record (RR) TYPEs"), and TYPEnnn (RFC 3597 section
 * 5).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL: it has none. */
const char *rrtype_name(uint16_t type);
/* A name, or TYPE and a number; in any case. */
bool rrtype_parse(const char *text, size_t size, uint16_t *ret);
