/* SPDX-License-Identifier: MIT */
#include "resolver/names.h"
#include <string.h>

enum { LABELS_MAX = 128, POINTERS_MAX = 128 };

size_t name_target(struct wire message, size_t at)
{
	const uint8_t *p = message.data + at;

	if (message.size - at < 2 || p[0] < LABEL_POINTER)
		return at;
	return (size_t)(p[0] & 0x3f) << 8 | p[1];
}

/* Where the labels of a name begin, the root's not among them. False: malformed, or the budget
 * is used up. */
static bool labels_of(
	struct wire message, size_t at, uint16_t *ret, size_t *ret_n, size_t *budget)
{
	size_t n = 0, pointers = 0, limit = message.size;

	while (at < limit) {
		uint8_t size = message.data[at];

		if (*budget == 0)
			return false;
		*budget -= 1;
		if (size == 0) {
			*ret_n = n;
			return true;
		}
		if (size >= LABEL_POINTER) {
			size_t target;

			if (message.size - at < 2 || ++pointers > POINTERS_MAX)
				return false;
			target = name_target(message, at);
			if (target >= at)
				return false;
			at = target;
			continue;
		}
		if (size > LABEL_MAX || n == LABELS_MAX || size >= message.size - at)
			return false;
		ret[n++] = (uint16_t)at;
		at += 1 + (size_t)size;
	}
	return false;
}

static bool same_label(const uint8_t *a, const uint8_t *b)
{
	if (a[0] != b[0])
		return false;
	for (size_t i = 1; i <= a[0]; i++) {
		uint8_t x = a[i], y = b[i];

		x = x >= 'A' && x <= 'Z' ? (uint8_t)(x | 0x20) : x;
		y = y >= 'A' && y <= 'Z' ? (uint8_t)(y | 0x20) : y;
		if (x != y)
			return false;
	}
	return true;
}

bool name_is_in(struct wire message, size_t at, size_t domain, bool equal, size_t *budget)
{
	uint16_t ours[LABELS_MAX], theirs[LABELS_MAX];
	size_t n_ours, n_theirs;

	if (!labels_of(message, at, ours, &n_ours, budget) ||
		!labels_of(message, domain, theirs, &n_theirs, budget) || n_ours < n_theirs ||
		(equal && n_ours != n_theirs))
		return false;
	for (size_t i = 1; i <= n_theirs; i++)
		if (!same_label(message.data + ours[n_ours - i],
			    message.data + theirs[n_theirs - i]))
			return false;
	return true;
}

void name_write_bytes(struct name_writer *w, const uint8_t *bytes, size_t n)
{
	if (w->bad || n > w->size - w->at) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->out + w->at, bytes, n);
	w->at += n;
}

void name_write(struct name_writer *w, struct wire message, size_t at)
{
	size_t budget = LABELS_MAX + POINTERS_MAX, n, start = w->at;
	uint16_t labels[LABELS_MAX];

	if (!labels_of(message, at, labels, &n, &budget)) {
		w->bad = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		name_write_bytes(
			w, message.data + labels[i], 1 + (size_t)message.data[labels[i]]);
	name_write_bytes(w, (const uint8_t *)"", 1);
	if (w->at - start > NAME_MAX_SIZE)
		w->bad = true;
}

static const struct name_shape shapes[] = {
	{TYPE_NS, 0, 0, 1, true, true, true},
	{3, 0, 0, 1, true, true, true}, /* MD */
	{4, 0, 0, 1, true, true, true}, /* MF */
	{TYPE_CNAME, 0, 0, 1, true, true, true},
	{TYPE_SOA, 0, 0, 2, true, true, true},
	{7, 0, 0, 1, true, true, true}, /* MB */
	{8, 0, 0, 1, true, true, true}, /* MG */
	{9, 0, 0, 1, true, true, true}, /* MR */
	{TYPE_PTR, 0, 0, 1, true, true, true},
	{14, 0, 0, 2, true, true, true},    /* MINFO */
	{15, 2, 0, 1, true, true, true},    /* MX */
	{17, 0, 0, 2, false, true, true},   /* RP */
	{18, 2, 0, 1, false, true, true},   /* AFSDB */
	{21, 2, 0, 1, false, true, true},   /* RT */
	{24, 18, 0, 1, false, false, true}, /* SIG */
	{26, 2, 0, 2, false, true, true},   /* PX */
	{30, 0, 0, 1, false, false, true},  /* NXT */
	{TYPE_SRV, 6, 0, 1, false, true, true},
	{35, 4, 3, 1, false, false, true}, /* NAPTR */
	{36, 2, 0, 1, false, true, true},  /* KX */
	{TYPE_DNAME, 0, 0, 1, false, true, true},
	{TYPE_RRSIG, 18, 0, 1, false, false, true},
	{TYPE_NSEC, 0, 0, 1, false, false, false},
};

const struct name_shape *name_shape(uint16_t type)
{
	static const struct name_shape none;

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return &none;
}

void name_write_record(struct name_writer *w, struct wire message, const struct record *record)
{
	const struct name_shape *shape = name_shape(record->type);
	unsigned names = shape->decompressed ? shape->names : 0;
	unsigned fixed = shape->decompressed ? shape->fixed : 0;
	/* A pointer reaches backwards only, so that the end may be cut off here. */
	struct reader r = {.message = {message.data, record->data_at + record->data_size},
		.at = record->data_at};
	size_t size_at, size;

	name_write(w, message, record->owner);
	name_write_bytes(w, message.data + record->ttl_at - 4, 10);
	if (w->bad)
		return;
	size_at = w->at - 2;
	if (reader_left(&r) < fixed) {
		w->bad = true;
		return;
	}
	name_write_bytes(w, take(&r, fixed), fixed);
	for (unsigned i = 0; i < names && !r.bad; i++) {
		size_t at = r.at;

		skip_name(&r);
		if (!r.bad)
			name_write(w, r.message, at);
	}
	name_write_bytes(w, r.message.data + r.at, reader_left(&r));
	if (r.bad || w->bad) {
		w->bad = true;
		return;
	}
	size = w->at - size_at - 2;
	write16(w->out + size_at, (unsigned)size);
}
