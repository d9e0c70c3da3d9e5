/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Writes each query of a client, and each reply, as dnstap to a program that listens on a UNIX
 * socket. It never waits: what is not taken in time is dropped, and counted. While nobody
 * listens there it tries again each second.
 */
#include "resolver/figures.h"

struct dnstap;

#if HAVE_DNSTAP

/* loop and taps are borrowed; so is dropped, which counts. NULL: no memory. */
struct dnstap *dnstap_new(struct loop *loop, struct taps *taps, uint64_t *dropped);
/* Tells the reader that this was all. NULL is allowed. */
void dnstap_free(struct dnstap *dnstap);
/* As the configuration has it; path NULL: nowhere. */
void dnstap_apply(struct dnstap *dnstap, const char *path);

#else /* built without it; the configuration names none */

static inline struct dnstap *dnstap_new(struct loop *loop, struct taps *taps, uint64_t *dropped)
{
	(void)loop, (void)taps;
	return (struct dnstap *)(void *)dropped;
}
static inline void dnstap_free(struct dnstap *dnstap)
{
	(void)dnstap;
}
static inline void dnstap_apply(struct dnstap *dnstap, const char *path)
{
	(void)dnstap, (void)path;
}

#endif
