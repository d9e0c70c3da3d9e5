/* SPDX-License-Identifier: MIT */
#include "resolver/varlink.h"

struct varlink *varlink_new(const struct front *front)
{
	return (struct varlink *)(uintptr_t)front;
}

void varlink_free(struct varlink *varlink)
{
	(void)varlink;
}
