/* SPDX-License-Identifier: MIT */
#include "resolver/netif.h"

struct netif *netif_new(struct links *links)
{
	return (struct netif *)(void *)links;
}

void netif_free(struct netif *netif)
{
	(void)netif;
}
