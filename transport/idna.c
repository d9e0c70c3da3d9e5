/* SPDX-License-Identifier: MIT */
#include "transport/idna.h"
#include <gnutls/gnutls.h>
#include <string.h>

bool idna_to_ascii(const char *name, char *ret, size_t size)
{
	gnutls_datum_t ascii;
	bool good;

	if (gnutls_idna_map(name, (unsigned)strlen(name), &ascii, 0) < 0)
		return false;
	good = ascii.size < size;
	if (good) {
		memcpy(ret, ascii.data, ascii.size);
		ret[ascii.size] = '\0';
	}
	gnutls_free(ascii.data);
	return good;
}
