/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Is there memory at all? libtasn1, by which GnuTLS reads certificates, does not ask, and the
 * program would end (4.19: asn1_create_element() with a NULL from calloc()). So we ask before.
 */
#include <stdbool.h>
#include <stddef.h>

enum {
	ROOM_FOR_CHAIN = 1024 * 1024,       /* and for what a handshake takes else */
	ROOM_FOR_ANCHORS = 6 * 1024 * 1024, /* 150 of them take 4 MiB */
};

/* Could so many bytes be had now? Others may have taken them by the time that they are needed.
 */
bool room_for(size_t bytes);
