/* SPDX-License-Identifier: MIT */
#pragma once
/* A byte queue: written at its end, read and consumed at its start. Zeroed memory is an empty
 * one. */
#include "transport/exchange.h"

struct buf {
	uint8_t *data;
	size_t start, end, capacity;
};

/* Room for `size` bytes at the end, or NULL when there is no memory. Tell buf_added() what was
 * used. */
uint8_t *buf_room(struct buf *buf, size_t size);
void buf_added(struct buf *buf, size_t size);

/* False, and nothing added, when there is no memory. */
[[nodiscard]] bool buf_append(struct buf *buf, const void *data, size_t size);

/* What is in it. Valid until the next call that changes the queue. */
struct wire buf_bytes(const struct buf *buf);
static inline size_t buf_size(const struct buf *buf)
{
	return buf->end - buf->start;
}

void buf_consume(struct buf *buf, size_t size);
/* Frees the memory; the queue is empty and usable. */
void buf_clear(struct buf *buf);
