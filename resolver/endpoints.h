/* SPDX-License-Identifier: MIT */
#pragma once
/* From upstreams as they are configured to those that are dialled. */
#include "conf/conf.h"
#include "transport/dial.h"
#include "transport/set.h"

struct endpoints {
	struct endpoint *list; /* from malloc() */
	size_t n;
	char **texts; /* what they point to, besides the configuration; endpoints_forget() */
	size_t n_texts;
};

/*
 * Each bare address becomes one for each protocol of Protocols=, all of the preferred protocol
 * first; a port other than the protocol's own is the preferred one's alone. https://NAME
 * becomes two, whose addresses (of IPv4, of IPv6) are not known yet: address_size is 0.
 *
 * What they point to is borrowed from conf and pins. False: no memory.
 */
bool endpoints_make(const struct conf *conf, const struct pin *pins,
	const struct conf_upstream *upstreams, size_t n, struct endpoints *ret);
void endpoints_forget(struct endpoints *endpoints);
