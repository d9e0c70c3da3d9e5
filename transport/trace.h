/* SPDX-License-Identifier: MIT */
#pragma once
/* What transport tells of itself. It never logs: whoever owns it turns facts into lines. */
#include "transport/exchange.h"
#include "transport/tls.h"

enum trace_kind {
	TRACE_ACCEPTED,    /* a peer passed the verdict; a connection is ready */
	TRACE_REFUSED,     /* a peer did not; nothing was sent to it */
	TRACE_UNREACHABLE, /* no connection could be made */
	TRACE_LOST,        /* a connection ended with queries unanswered */
};

struct trace_event {
	enum trace_kind kind;
	const char *upstream;          /* as it was configured */
	bool repeated;                 /* the same was told of this upstream the last time */
	const char *why;               /* in words; NULL for TRACE_ACCEPTED */
	const struct verdict *verdict; /* TRACE_ACCEPTED, TRACE_REFUSED; else NULL */
	struct tls_facts tls;          /* as far as it came */
	const struct wire *der;        /* the certificates that it showed, the leaf first */
	size_t n_der;
};

/* All pointers of the event are borrowed during the call. */
struct trace {
	void (*tell)(struct trace *, const struct trace_event *);
};
