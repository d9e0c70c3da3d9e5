/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A file for each link: what was set of it, kept over a restart, in resolved's own form;
 * ifupdown's hooks write such files, too, and restart.
 */
#include "resolver/links.h"

#define NETIF_FOLDER "/run/systemd/resolve/netif"

struct netif;

/* Reads what is there, sets it, and from now on writes what changes; the file of a link that
 * comes later is read when it comes. To be made before who says which links are managed:
 * what was set of those waits until they are not.
 * links: borrowed. folder: NETIF_FOLDER, or where a test has it; borrowed. What cannot be read
 * or written is logged. NULL: no memory. */
struct netif *netif_new(struct links *links, const char *folder);
/* Writes what has changed. The files stay. NULL is allowed. */
void netif_free(struct netif *netif);
