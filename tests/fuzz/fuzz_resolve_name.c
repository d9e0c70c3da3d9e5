/* SPDX-License-Identifier: MIT */
/* Names as programs send them: what is one is so as text, too, and fits. Lines: the name; an
 * instance, a type and a domain of a service. */
#include "resolver/resolve_name.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct resolve_name *name)
{
	const struct wire wire = {name->wire, name->size};
	struct resolve_service_name split;
	char text[RESOLVE_TEXT_MAX];
	struct resolve_name again;

	if (name->size > sizeof name->wire || !resolve_name_text(wire, 0, text) ||
		!resolve_name_split(wire, 0, &split))
		abort();
	if (!resolve_name_read(text, &again) || again.size != name->size ||
		memcmp(again.wire, name->wire, name->size) != 0)
		abort();
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolve_name parts[4];
	bool good[4] = {false};
	char *text = malloc(size + 1), *line;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	line = text;
	for (size_t i = 0; i < 4; i++) {
		char *end = strchrnul(line, '\n');
		char *next = *end == '\n' ? end + 1 : end;

		*end = '\0';
		good[i] = i == 1   ? resolve_name_of_instance(line, &parts[i])
			  : i == 2 ? resolve_name_of_service(line, &parts[i])
				   : resolve_name_read(line, &parts[i]);
		if (good[i])
			check(&parts[i]);
		line = next;
	}
	if (good[1] && good[2] && good[3] && resolve_name_append(&parts[1], &parts[2]) &&
		resolve_name_append(&parts[1], &parts[3]))
		check(&parts[1]);
	free(text);
	return 0;
}
