/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is answered here, and never asked of anybody: refused types and classes, ANY, the hosts
 * file, names of this machine, special-use names, names of one label.
 */
#include "conf/conf.h"
#include "resolver/message.h"
#include "transport/loop.h"

enum { LOCAL_ANSWER_MAX = 4096 };

struct local;

struct local_owner {
	/* The hosts file, or this machine's name, addresses or gateways are others now: answers
	 * that are kept may be wrong. */
	void (*changed)(struct local_owner *);
};

/* Answers nothing before local_configure(). NULL: no memory. */
struct local *local_new(struct loop *loop, struct local_owner *owner);
/* NULL is allowed. */
void local_free(struct local *local);

/* From now on under this configuration, to which it takes a reference. Looks at all of this
 * host anew, without a call of changed(), but for a hosts file that it had before.
 * False: no memory for a hosts file; all else holds. */
[[nodiscard]] bool local_configure(struct local *local, struct conf *conf);
struct link_route;
/* Names in the domains of these are asked of others; borrowed until the next call. */
void local_follow_links(struct local *local, struct link_route *const *links, size_t n);
/* Looks at this machine's addresses and routes anew. */
void local_network_changed(struct local *local);

/*
 * 0: it is not ours. Otherwise the size of an answer as an upstream's would come, with QR, RA,
 * AA, an RCODE and records, but no OPT; `out` has LOCAL_ANSWER_MAX
 * bytes. request->question is not empty. Allocates nothing.
 */
size_t local_answer(const struct local *local, const struct request *request, uint8_t *out);
