/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * STANDIN_FOLDER/netif/INDEX: what was set of a link, kept over a restart, in resolved's own
 * form; ifupdown's hooks write such files, too, and restart.
 */
#include "resolver/links.h"

struct netif;

/* Reads what is there, sets it, and from now on writes what changes. links: borrowed. What
 * cannot be read or written is logged. NULL: no memory. */
struct netif *netif_new(struct links *links);
/* The files stay. NULL is allowed. */
void netif_free(struct netif *netif);
