/* SPDX-License-Identifier: MIT */
/* What comes to the metrics' port; each beginning of it is looked at, as when it comes in
 * parts. */
#include "resolver/metrics.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum metrics_request whole;

	if (size > METRICS_REQUEST_MAX)
		return 0;
	whole = metrics_read_request((struct wire){data, size});
	/* Nothing that is more than a beginning is taken back. */
	for (size_t n = size; n > 0 && n + 8 > size; n--) {
		enum metrics_request part = metrics_read_request((struct wire){data, n});

		if (part != METRICS_UNFINISHED && part != whole && size < METRICS_REQUEST_MAX)
			abort();
	}
	return 0;
}
