/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_ldns.h"
#include <dlfcn.h>
#include <stdio.h>

struct ldns ldns;

static const struct {
	const char *name;
	void **place;
} functions[] = {
#define ROW(function) {"ldns_" #function, (void **)(void *)&ldns.function},
	LDNS_FUNCTIONS(ROW)
#undef ROW
};

bool ldns_load(char *why, size_t why_size)
{
	void *library;

	if (ldns.sha1 != NULL)
		return true;
	library = dlopen(LDNS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		snprintf(why, why_size, "ldns is needed to validate: %s", dlerror());
		return false;
	}
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		*functions[i].place = dlsym(library, functions[i].name);
		if (*functions[i].place == NULL) {
			snprintf(why, why_size, "%s: %s", LDNS_LIBRARY, dlerror());
			ldns = (struct ldns){0};
			dlclose(library);
			return false;
		}
	}
	/* It stays until the end: whoever reloads may ask for it again. */
	return true;
}
