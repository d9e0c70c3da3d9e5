/* SPDX-License-Identifier: MIT */
/* A message's records as text: printable, whatever they are. A name survives being written and
 * read. */
#include "resolver/presentation.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *text)
{
	uint8_t again[PRESENTATION_NAME_MAX];
	size_t size = 0, end = 0;
	struct wire wire;
	char *twice = NULL;
	size_t twice_size = 0;
	FILE *out = open_memstream(&twice, &twice_size);

	if (out == NULL || !presentation_read_name(text, again, &size))
		abort();
	wire = (struct wire){again, size};
	if (!presentation_skip_name(wire, &end) || end != size ||
		!presentation_name(out, wire, 0))
		abort();
	fclose(out);
	if (strcmp(text, twice) != 0)
		abort();
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire message = {data, size};
	struct presentation_record record;
	size_t at = size < 12 ? 0 : 12;

	if (size > 65535)
		return 0;
	while (presentation_read_record(message, &at, &record)) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);

		if (out == NULL)
			abort();
		presentation_type(out, record.type);
		presentation_class(out, record.class);
		presentation_data(out, message, &record);
		fclose(out);
		for (size_t i = 0; i < n; i++)
			if (text[i] < ' ' || text[i] > '~')
				abort();
		free(text);
		text = NULL;
		out = open_memstream(&text, &n);
		if (out == NULL || !presentation_name(out, message, record.name))
			abort();
		fclose(out);
		check_name(text);
		free(text);
	}
	return 0;
}
