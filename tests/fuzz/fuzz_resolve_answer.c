/* SPDX-License-Identifier: MIT */
/* A reply, read for who asks by function: what is taken of it is whole. */
#include "resolver/resolve_answer.h"
#include "resolver/resolve_name.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name of the message is text that is read as the same name again. */
static void check_name(struct wire message, size_t at)
{
	char text[RESOLVE_TEXT_MAX], again[RESOLVE_TEXT_MAX];
	struct resolve_service_name split;
	struct resolve_name name;

	if (!resolve_name_text(message, at, text))
		return;
	if (!resolve_name_read(text, &name) ||
		!resolve_name_text((struct wire){name.wire, name.size}, 0, again) ||
		strcmp(text, again) != 0)
		abort();
	if (!resolve_name_split(message, at, &split))
		abort();
}

/* Without anything else it is the same record. */
static void check_record(const struct reading *reading, size_t i)
{
	size_t size;
	uint8_t *rr = reading_record(reading, i, &size);
	struct reader r = {.message = {rr, size}};
	struct record record;

	if (rr == NULL)
		return;
	record = take_record(&r);
	if (r.bad || reader_left(&r) > 0 || record.type != reading->records[i].type ||
		record.ttl != reading->records[i].ttl)
		abort();
	check_name(r.message, 0);
	free(rr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading reading;
	struct address address;
	size_t at;

	if (size > MESSAGE_SIZE_MAX)
		return 0;
	reading_read((struct wire){data, size}, &reading);
	if ((reading.err == RESOLVE_OK && reading.n == 0) || reading.n > READING_RECORDS_MAX ||
		strlen(reading.ede_text) >= sizeof reading.ede_text)
		abort();
	if (reading.err != RESOLVE_OK)
		return 0;
	check_name(reading.message, reading.canonical);
	for (size_t i = 0; i < reading.n; i++) {
		reading_address(&reading, i, &address);
		check_record(&reading, i);
		if (reading_name_at(&reading, i, 0, &at))
			check_name(reading.message, at);
		if (reading_name_at(&reading, i, 6, &at))
			check_name(reading.message, at);
	}
	return 0;
}
