/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * DNS over HTTPS (RFC 8484) on one HTTP/2 connection (RFC 9113): a stream for each query. The
 * one door to nghttp2.
 */
#include "transport/framing.h"

struct doh_params {
	const char *authority; /* "1.1.1.1", "[2606::1]:8443", "dns.example" */
	const char *path;      /* "/dns-query" */
	bool get;              /* else POST */
};

/* params: copied. NULL: no memory. */
struct framing *doh_new(const struct doh_params *params);
