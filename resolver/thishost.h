/* SPDX-License-Identifier: MIT */
#pragma once
/* What this machine is called, which addresses it has, and by which of them it is connected. */
#include "resolver/asked.h"

enum { THISHOST_ADDRESSES_MAX = 32, THISHOST_GATEWAYS_MAX = 8 };

/* Zeroed where there is nothing, so that two can be compared byte by byte. */
struct thishost {
	/* As in messages, in lower case; size 0: it has none, or "localhost". The second is the
	 * first label of the first, if that has several. */
	struct {
		uint8_t bytes[NAME_SIZE_MAX + 1];
		size_t size;
	} names[2];
	/* Neither those of the loopback interface nor link-local IPv6 ones, which say nothing
	 * without an interface. */
	struct address addresses[THISHOST_ADDRESSES_MAX];
	size_t n_addresses;
	/* Those of the default routes, and the own addresses that speak to them. */
	struct address gateways[THISHOST_GATEWAYS_MAX];
	size_t n_gateways;
	struct address outbound[THISHOST_GATEWAYS_MAX];
	size_t n_outbound;
};

/* As it is now. What cannot be found out is left out. */
void thishost_read(struct thishost *ret);
/* Is ::1 an address here, now? Where IPv6 is switched off, it is not. */
bool thishost_has_loopback6(void);
