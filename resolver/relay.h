/* SPDX-License-Identifier: MIT */
#pragma once
/* What goes by in other threads, for those who watch in the first one: copied, and bounded.
 * What finds no room is not told. */
#include "resolver/tap.h"
#include "transport/loop.h"

struct relay;

/* Of one thread that tells; embedded in whoever has its taps. */
struct relay_end {
	struct tap tap; /* to be added to them, and removed, as somebody begins and ceases to
			   watch */
	struct relay *relay;
};

/* to: who watches, in the thread of this loop; dropped: counts what they were not told. Both
 * are borrowed. NULL: no memory. */
struct relay *relay_new(struct loop *loop, struct taps *to, uint64_t *dropped);
/* No thread may tell any more. NULL is allowed. */
void relay_free(struct relay *relay);

void relay_end_init(struct relay_end *end, struct relay *relay);
