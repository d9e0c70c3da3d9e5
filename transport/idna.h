/* SPDX-License-Identifier: MIT */
#pragma once
/* Names with letters that DNS does not have (IDNA2008, RFC 5891). */
#include <stdbool.h>
#include <stddef.h>

/* "bücher.example", in UTF-8, to "xn--bcher-kva.example", terminated. False: it cannot be
 * written so, or GnuTLS was built without that, or there is no room. */
bool idna_to_ascii(const char *name, char *ret, size_t size);
