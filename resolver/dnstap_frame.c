/* SPDX-License-Identifier: MIT */
#include "resolver/dnstap_frame.h"
#include "resolver/bytes.h"
#include <string.h>

static const char CONTENT_TYPE[] = "protobuf:dnstap.Dnstap";
static const char PROGRAM[] = "ctresolved " VERSION;

enum { CONTROL_MAX = 512, CONTENT_TYPE_FIELD = 1, FIELDS_MAX = 160 };

/* A field's number and how it is written, as Protocol Buffers have it. */
#define TAG(field, wire_type) ((uint8_t)((field) << 3 | (wire_type)))
enum { VARINT = 0, BYTES = 2, FIXED32 = 5 };

/* Of struct Dnstap. */
enum { TOP_VERSION = 2, TOP_MESSAGE = 14, TOP_TYPE = 15, TOP_TYPE_MESSAGE = 1 };

/* Of its message. */
enum {
	FIELD_TYPE = 1,
	FIELD_FAMILY = 2,
	FIELD_PROTOCOL = 3,
	FIELD_QUERY_ADDRESS = 4,
	FIELD_QUERY_PORT = 6,
	FIELD_QUERY_SECONDS = 8,
	FIELD_QUERY_NANOSECONDS = 9,
	FIELD_QUERY = 10,
	FIELD_REPLY_SECONDS = 12,
	FIELD_REPLY_NANOSECONDS = 13,
	FIELD_REPLY = 14,
	CLIENT_QUERY = 5,
	CLIENT_RESPONSE = 6,
	FAMILY_INET = 1,
	FAMILY_INET6 = 2,
	PROTOCOL_UDP = 1,
	PROTOCOL_TCP = 2,
};

/* What is in front of a message, and small; FIELDS_MAX is more than all of it. */
struct fields {
	uint8_t bytes[FIELDS_MAX];
	size_t size;
};

static void add_varint(struct fields *fields, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		fields->bytes[fields->size++] = (uint8_t)(value | 0x80);
	fields->bytes[fields->size++] = (uint8_t)value;
}

static void add_number(struct fields *fields, unsigned field, uint64_t value)
{
	fields->bytes[fields->size++] = TAG(field, VARINT);
	add_varint(fields, value);
}

/* Its head alone, when data is NULL. */
static void add_bytes(struct fields *fields, unsigned field, const void *data, size_t size)
{
	fields->bytes[fields->size++] = TAG(field, BYTES);
	add_varint(fields, size);
	if (data == NULL)
		return;
	memcpy(fields->bytes + fields->size, data, size);
	fields->size += size;
}

static void add_time(struct fields *fields, unsigned field, uint64_t ns)
{
	uint32_t rest = (uint32_t)(ns % 1000000000);

	add_number(fields, field, ns / 1000000000);
	fields->bytes[fields->size++] = TAG(field + 1, FIXED32);
	for (int i = 0; i < 4; i++, rest >>= 8)
		fields->bytes[fields->size++] = (uint8_t)rest;
}

static void add_client(struct fields *fields, const struct client *client)
{
	const union socket_address *peer = &client->peer;
	bool v4 = peer->any.sa_family == AF_INET;

	add_number(fields, FIELD_PROTOCOL, client->udp != NULL ? PROTOCOL_UDP : PROTOCOL_TCP);
	if (!v4 && peer->any.sa_family != AF_INET6)
		return;
	add_number(fields, FIELD_FAMILY, v4 ? FAMILY_INET : FAMILY_INET6);
	if (v4)
		add_bytes(fields, FIELD_QUERY_ADDRESS, &peer->v4.sin_addr,
			sizeof peer->v4.sin_addr);
	else
		add_bytes(fields, FIELD_QUERY_ADDRESS, &peer->v6.sin6_addr,
			sizeof peer->v6.sin6_addr);
	add_number(
		fields, FIELD_QUERY_PORT, ntohs(v4 ? peer->v4.sin_port : peer->v6.sin6_port));
}

bool dnstap_write_event(struct buf *out, const struct tap_event *event, uint64_t now_ns)
{
	bool reply = event->kind == TAP_REPLY;
	struct wire message = event->message;
	struct fields inner = {0}, outer = {0};
	uint8_t *room;
	size_t size;

	add_number(&inner, FIELD_TYPE, reply ? CLIENT_RESPONSE : CLIENT_QUERY);
	add_client(&inner, event->client);
	add_time(&inner, FIELD_QUERY_SECONDS, now_ns - event->took_us * 1000);
	if (reply)
		add_time(&inner, FIELD_REPLY_SECONDS, now_ns);
	add_bytes(&inner, reply ? FIELD_REPLY : FIELD_QUERY, NULL, message.size);
	add_number(&outer, TOP_TYPE, TOP_TYPE_MESSAGE);
	add_bytes(&outer, TOP_VERSION, PROGRAM, sizeof PROGRAM - 1);
	add_bytes(&outer, TOP_MESSAGE, NULL, inner.size + message.size);
	size = outer.size + inner.size + message.size;
	room = buf_room(out, 4 + size);
	if (room == NULL)
		return false;
	write32(room, (uint32_t)size);
	memcpy(room + 4, outer.bytes, outer.size);
	memcpy(room + 4 + outer.size, inner.bytes, inner.size);
	memcpy(room + 4 + outer.size + inner.size, message.data, message.size);
	buf_added(out, 4 + size);
	return true;
}

/* An escape, the length, the type; and of what kind the data are, where that is said. */
bool dnstap_write_control(struct buf *out, enum dnstap_control type)
{
	uint8_t frame[20 + sizeof CONTENT_TYPE - 1] = {0};
	bool typed = type == DNSTAP_READY || type == DNSTAP_START;
	size_t size = typed ? sizeof frame : 12;

	write32(frame + 4, (uint32_t)size - 8);
	write32(frame + 8, (uint32_t)type);
	if (typed) {
		write32(frame + 12, (uint32_t)CONTENT_TYPE_FIELD);
		write32(frame + 16, (uint32_t)sizeof CONTENT_TYPE - 1);
		memcpy(frame + 20, CONTENT_TYPE, sizeof CONTENT_TYPE - 1);
	}
	return buf_append(out, frame, size);
}

enum dnstap_read dnstap_read_control(struct wire bytes, unsigned *ret_type, size_t *ret_size)
{
	size_t size;

	if (bytes.size < 12)
		return DNSTAP_UNFINISHED;
	size = read32(bytes.data + 4);
	if (read32(bytes.data) != 0 || size < 4 || size > CONTROL_MAX)
		return DNSTAP_BAD;
	if (bytes.size < 8 + size)
		return DNSTAP_UNFINISHED;
	*ret_type = (unsigned)read32(bytes.data + 8);
	*ret_size = 8 + size;
	return DNSTAP_READ;
}
