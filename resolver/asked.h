/* SPDX-License-Identifier: MIT */
#pragma once
/* The name that is asked for, as the files look at it that answer without asking anybody. */
#include "resolver/message.h"

enum {
	NAME_LABELS_MAX = 127,
	NAME_SIZE_MAX = 255,
	REVERSE_NAME_MAX = 32 * 2 + 10, /* of an IPv6 address */
};

struct asked {
	uint8_t name[NAME_SIZE_MAX + 1]; /* in lower case, as in a message */
	size_t size;
	uint8_t labels[NAME_LABELS_MAX]; /* where each begins; the root's is left out */
	size_t n_labels;
	uint16_t type, class;
};

struct address {
	uint8_t bytes[16]; /* network order; zeroes behind an IPv4 address */
	uint8_t size;      /* 4 or 16 */
};

/* RFC 4291 section 2.5.6: it says nothing without an interface. */
static inline bool address_is_link_local6(const struct address *address)
{
	return address->size == 16 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

/* What a name below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa (RFC 3596 section 2.5)
 * says: the address, or its first bits, up to the first label that is no part of one. */
struct reverse {
	struct address address;
	unsigned bits;       /* 0 to 8 times its size */
	unsigned label_bits; /* of each label: 8 or 4 */
	bool exact;          /* no label stands in front */
};

/* question: name, type and class as in a message that was found well formed; not empty. */
void asked_read(struct wire question, struct asked *ret);
/* Is the name in this domain, which is written in lower case without a final dot? *ret_at is
 * where the domain begins in it. */
bool asked_is_in(const struct asked *asked, const char *domain, size_t *ret_at);
/* False: it is in neither. */
bool asked_reverse(const struct asked *asked, struct reverse *ret);
/* The other way: writes the name of an address, as in a message. Returns its size. */
size_t reverse_name(const struct address *address, uint8_t out[REVERSE_NAME_MAX]);
