/* SPDX-License-Identifier: MIT */
/* What a reader of dnstap says. */
#include "resolver/dnstap_frame.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire rest = {data, size};
	unsigned type;
	size_t n;

	while (dnstap_read_control(rest, &type, &n) == DNSTAP_READ) {
		if (n < 12 || n > rest.size)
			abort();
		rest.data += n;
		rest.size -= n;
	}
	return 0;
}
