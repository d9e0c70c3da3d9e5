/* SPDX-License-Identifier: MIT */
/* A SignedCertificateTimestampList: whatever is found lies within the input. */
#include "ctpolicy/sct.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct ct_bytes part, const uint8_t *data, size_t size)
{
	if (part.size > 0 && (part.data < data || part.data + part.size > data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader items;
	enum sct_parse parsed;
	struct sct sct;

	if (!ctp_scts_open((struct ct_bytes){data, size}, &items))
		return 0;
	while ((parsed = ctp_scts_next(&items, &sct)) == SCT_PARSED ||
		parsed == SCT_OTHER_VERSION) {
		if (parsed == SCT_OTHER_VERSION)
			continue;
		within(sct.log_id, data, size);
		within(sct.extensions, data, size);
		within(sct.signature, data, size);
	}
	return 0;
}
