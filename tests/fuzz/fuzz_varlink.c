/* SPDX-License-Identifier: MIT */
/* What comes over varlink, as a lookup of each kind; and, behind a zero, a message of which
 * those who watch are told. */
#include "resolver/varlink_record.h"
#include "resolver/varlink_request.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_call(const char *text, size_t size)
{
	static const enum resolve_kind KINDS[] = {
		RESOLVE_HOSTNAME, RESOLVE_ADDRESS, RESOLVE_RECORD, RESOLVE_SERVICE};
	struct varlink_call call;

	if (!varlink_call_read(text, size, &call))
		return;
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		struct resolve_request request = {0};
		struct varlink_fault fault = {0};

		if (varlink_request_read(&call, KINDS[i], &request, &fault)) {
			if (strlen(request.name) + strlen(request.domain) > size ||
				request.interface < 0 || request.address.size > 16)
				abort();
		} else if ((fault.error == NULL) == (fault.parameter == NULL)) {
			abort();
		}
	}
	varlink_call_done(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t text_size = end != NULL ? (size_t)(end - data) : size;

	if (text_size <= VARLINK_CALL_MAX)
		read_call((const char *)data, text_size);
	if (end != NULL) {
		struct wire message = {end + 1, size - text_size - 1};

		json_decref(varlink_answers(message, 64 * 1024));
		json_decref(varlink_key(message));
		json_decref(varlink_record(message, 1));
	}
	return 0;
}
