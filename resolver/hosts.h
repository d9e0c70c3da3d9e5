/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What hosts(5) says: names and their addresses, both ways. Lines are added, then it is asked;
 * some 40 bytes a name, for lists of millions.
 */
#include "resolver/asked.h"

enum {
	HOSTS_ADDRESSES_MAX = 32, /* of a name; and names of an address */
	HOSTS_NAMES_MAX = 8,
	HOSTS_SIZE_MAX = 256 << 20, /* bytes of names; what is more is skipped */
};

struct hosts;

struct hosts_counts {
	size_t names;   /* each with each of its addresses */
	size_t skipped; /* lines, in part or as a whole */
	size_t first;   /* the first of them; the file's first line is 1 */
};

/* names: about how many will be added; with more it takes a pause now and then. NULL: no
 * memory. */
struct hosts *hosts_new(size_t names);
/* NULL is allowed. */
void hosts_free(struct hosts *hosts);

/*
 * One line, without its end: an address and names, up to a #. What is no address, no host name
 * or too much is skipped, and counted. The names of this host's loopback addresses are not
 * taken (special.h), and 0.0.0.0 and :: give a name no address.
 *
 * False: no memory.
 */
[[nodiscard]] bool hosts_add_line(struct hosts *hosts, const char *line, size_t size);
/* Do both say the same, in the same order? */
bool hosts_are_same(const struct hosts *a, const struct hosts *b);
const struct hosts_counts *hosts_counts(const struct hosts *hosts);

/* False: it does not stand there. Otherwise its addresses, of which there may be none; `ret`
 * has room for HOSTS_ADDRESSES_MAX. */
bool hosts_find(
	const struct hosts *hosts, struct wire name, struct address *ret, size_t *ret_n);
/* The names of an address, as in a message, the first one first; how many. They are valid until
 * a line is added. `ret` has room for HOSTS_NAMES_MAX. */
size_t hosts_names(const struct hosts *hosts, const struct address *address, struct wire *ret);
