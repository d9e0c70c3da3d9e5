/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The figures over HTTP, as Prometheus reads them: GET /metrics gives its text format 0.0.4,
 * and the connection is closed. A server of very few words: 8 clients, 4 KiB and 5 s a request.
 */
#include "resolver/figures.h"

struct metrics;

enum { METRICS_REQUEST_MAX = 4096 };

enum metrics_request {
	METRICS_UNFINISHED, /* more is to come */
	METRICS_GET,
	METRICS_HEAD,
	METRICS_NOT_FOUND,
	METRICS_NOT_ALLOWED, /* another method */
	METRICS_BAD,
};

/* What is asked (RFC 9112 section 2). */
enum metrics_request metrics_read_request(struct wire bytes);

/* facts: borrowed. NULL: no memory. */
struct metrics *metrics_new(const struct facts *facts);
/* NULL is allowed. */
void metrics_free(struct metrics *metrics);
/* As control_prepare() and its like. */
bool metrics_prepare(struct metrics *metrics, const struct conf *conf);
void metrics_commit(struct metrics *metrics);
void metrics_abandon(struct metrics *metrics);
