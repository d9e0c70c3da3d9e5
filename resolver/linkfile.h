/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is wanted of a link, as text: as systemd-networkd writes it of its links, and as
 * resolved keeps it over a restart. Pure functions. What of such a file cannot be used is left
 * out, as resolved does: the rest of it holds.
 */
#include "resolver/link.h"

/* All that a link can have, in the longest words, takes some 400 KiB. */
enum { LINKFILE_SIZE_MAX = 512 * 1024 };

/* Both: text is terminated, and changed. link: whose file it is. ret: filled;
 * link_settings_clear() frees it. They return how many words were left out. */

/* /run/systemd/netif/links/INDEX. *ret_managed: networkd looks after the link; if it does not,
 * *ret is empty. */
size_t linkfile_read_networkd(
	char *text, const struct link *link, struct link_settings *ret, bool *ret_managed);
/* STANDIN_FOLDER/netif/INDEX */
size_t linkfile_read_netif(char *text, const struct link *link, struct link_settings *ret);

/* The link's settings in the form of the latter, from malloc(). NULL: no memory. */
char *linkfile_write_netif(const struct link *link);
