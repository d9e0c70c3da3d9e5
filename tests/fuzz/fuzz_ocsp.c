/* SPDX-License-Identifier: MIT */
/* The SCTs in an OCSP response: whatever is found lies within it, and a failure leaves nothing
 * behind. The first byte says which SingleResponse is wanted. */
#include "ctpolicy/ctpolicy.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t before[1];
	struct ct_bytes scts = {before, sizeof before};
	struct ct_bytes response = {data + 1, size - 1};

	if (size == 0)
		return 0;
	if (ct_ocsp_scts(response, data[0], &scts) != CT_OK) {
		if (scts.data != before || scts.size != sizeof before)
			abort();
		return 0;
	}
	if (scts.size > 0 && (scts.data < response.data || scts.size > response.size ||
				     scts.data + scts.size > response.data + response.size))
		abort();
	return 0;
}
