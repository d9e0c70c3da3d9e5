/* SPDX-License-Identifier: MIT */
/* The Certificate message of TLS 1.3: what is read lies within it, and hiding changes neither
 * its length nor anything but types and first bytes. */
#include "transport/certmsg.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct wire part, const uint8_t *data, size_t size)
{
	if (part.size > 0 &&
		(part.data < data || part.size > size || part.data > data + size - part.size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certmsg message = {0}, again = {0};
	uint8_t *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (certmsg_read((struct wire){data, size}, &message)) {
		check_within(message.scts, data, size);
		check_within(message.staple, data, size);
		certmsg_hide_scts(copy, size);
		/* A list that could be parsed is out of sight. */
		if (certmsg_read((struct wire){copy, size}, &again) && again.scts.size >= 4)
			abort();
	} else {
		certmsg_hide_scts(copy, size);
	}
	free(copy);
	return 0;
}
