/* SPDX-License-Identifier: MIT */
#include "resolver/compose.h"
#include "resolver/bytes.h"
#include <string.h>

enum { RECORD_HEADER = 12, POINTER = 0xc000 };

static void put(struct composed *c, const void *bytes, size_t n)
{
	memcpy(c->out + c->at, bytes, n);
	c->at += n;
}

static void put16(struct composed *c, unsigned value)
{
	write16(c->out + c->at, value);
	c->at += 2;
}

static void put32(struct composed *c, uint32_t value)
{
	put16(c, value >> 16);
	put16(c, value & 0xffff);
}

void compose(struct composed *c, const struct request *request, uint8_t *out, size_t size)
{
	*c = (struct composed){
		.out = out, .size = size, .at = MESSAGE_HEADER_SIZE, .authoritative = true};
	c->name_at = c->at;
	put(c, request->question.data, request->question.size);
}

/* A name is a pointer into the question (RFC 1035 section 4.1.4). False: there is no room. */
static bool begin(
	struct composed *c, size_t owner_at, unsigned type, uint32_t ttl_s, size_t data_size)
{
	if (c->size - c->at < RECORD_HEADER + data_size)
		return false;
	put16(c, POINTER | (unsigned)(c->name_at + owner_at));
	put16(c, type);
	put16(c, CLASS_IN);
	put32(c, ttl_s);
	put16(c, (unsigned)data_size);
	return true;
}

void compose_address(struct composed *c, const struct address *address, uint32_t ttl_s)
{
	if (!begin(c, 0, address->size == 4 ? TYPE_A : TYPE_AAAA, ttl_s, address->size))
		return;
	put(c, address->bytes, address->size);
	c->answers++;
}

void compose_pointer(struct composed *c, struct wire name, uint32_t ttl_s)
{
	if (!begin(c, 0, TYPE_PTR, ttl_s, name.size))
		return;
	put(c, name.data, name.size);
	c->answers++;
}

void compose_any(struct composed *c, uint32_t ttl_s)
{
	static const uint8_t data[] = "\7RFC8482"; /* its terminator is the empty OS */

	if (!begin(c, 0, TYPE_HINFO, ttl_s, sizeof data))
		return;
	put(c, data, sizeof data);
	c->answers++;
}

void compose_soa(struct composed *c, size_t zone_at, uint32_t ttl_s, bool answer)
{
	static const uint8_t rname[] = "\6nobody\7invalid";

	if (!begin(c, zone_at, TYPE_SOA, ttl_s, 2 + sizeof rname + 20))
		return;
	put16(c, POINTER | (unsigned)(c->name_at + zone_at));
	put(c, rname, sizeof rname);
	put32(c, 1); /* serial, refresh, retry, expire, minimum */
	put32(c, 3600);
	put32(c, 1200);
	put32(c, 604800);
	put32(c, ttl_s);
	if (answer)
		c->answers++;
	else
		c->authorities++;
}

void compose_ns(struct composed *c, size_t zone_at, uint32_t ttl_s)
{
	if (!begin(c, zone_at, TYPE_NS, ttl_s, 2))
		return;
	put16(c, POINTER | (unsigned)(c->name_at + zone_at));
	c->answers++;
}

size_t compose_end(struct composed *c)
{
	const size_t size = c->at;

	c->at = 0;
	put16(c, 0);
	/* QR, RA; AA, and AD for who asks with it: what is known here needs no proof. */
	put16(c, 0x8080U | (c->authoritative ? 0x0420U : 0) | c->rcode);
	put16(c, 1);
	put16(c, c->answers);
	put16(c, c->authorities);
	put16(c, 0);
	return size;
}
