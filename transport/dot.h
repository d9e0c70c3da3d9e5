/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * DNS over a stream: two bytes of length before each message (RFC 7766 section 8, RFC 7858
 * section 3.3), any number under way, answers in any order, told apart by their ID.
 */
#include "transport/framing.h"

/* NULL: no memory. A sign of life is asked for by a query for the root's name servers. */
struct framing *dot_new(void);
