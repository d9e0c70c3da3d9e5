/* SPDX-License-Identifier: MIT */
#include "transport/buf.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_MIN = 2048 };

uint8_t *buf_room(struct buf *buf, size_t size)
{
	size_t used = buf_size(buf), capacity;
	uint8_t *data;

	if (buf->capacity - buf->end >= size)
		return buf->data + buf->end;
	if (size > SIZE_MAX / 4 - used)
		return NULL;
	if (buf->capacity >= used + size) {
		memmove(buf->data, buf->data + buf->start, used);
	} else {
		for (capacity = BUF_MIN; capacity < used + size;)
			capacity *= 2;
		data = malloc(capacity);
		if (data == NULL)
			return NULL;
		if (used > 0)
			memcpy(data, buf->data + buf->start, used);
		free(buf->data);
		buf->data = data;
		buf->capacity = capacity;
	}
	buf->start = 0;
	buf->end = used;
	return buf->data + buf->end;
}

void buf_added(struct buf *buf, size_t size)
{
	assert(size <= buf->capacity - buf->end);
	buf->end += size;
}

bool buf_append(struct buf *buf, const void *data, size_t size)
{
	uint8_t *room = buf_room(buf, size);

	if (room == NULL)
		return false;
	if (size > 0)
		memcpy(room, data, size);
	buf->end += size;
	return true;
}

struct wire buf_bytes(const struct buf *buf)
{
	if (buf->data == NULL)
		return (struct wire){0}; /* NULL + 0 is not defined in C */
	return (struct wire){buf->data + buf->start, buf_size(buf)};
}

void buf_consume(struct buf *buf, size_t size)
{
	assert(size <= buf_size(buf));
	buf->start += size;
	if (buf->start == buf->end)
		buf->start = buf->end = 0;
}

void buf_clear(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
