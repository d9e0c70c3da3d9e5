/* SPDX-License-Identifier: MIT */
#include "transport/distrust.h"
#include <string.h>

#define BYTES(...)                                                                             \
	{                                                                                      \
		{__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})                                \
	}
#define NO_SERIAL                                                                              \
	{                                                                                      \
		{0}, 0                                                                         \
	}
#define DISTRUST(kind, id, serial, why) {kind, id, serial, why},

static const struct distrust built_in[] = {
#include "transport/distrust.def"
};

const struct distrust *distrust_built_in(size_t *ret_n)
{
	*ret_n = sizeof built_in / sizeof *built_in;
	return built_in;
}

static bool same(const struct octets *a, const struct octets *b)
{
	return a->size > 0 && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static bool refuses(const struct distrust *entry, const struct identity *path, size_t length)
{
	switch (entry->kind) {
	case DISTRUST_ISSUER_KEY_ID:
		for (size_t i = 0; i < length; i++)
			if (same(&entry->id, &path[i].key_id))
				return true;
		return false;
	case DISTRUST_ISSUER_SPKI:
		for (size_t i = 0; i < length; i++)
			if (same(&entry->id, &path[i].spki))
				return true;
		return false;
	case DISTRUST_CERTIFICATE: return same(&entry->id, &path[0].sha256);
	case DISTRUST_SERIAL_OF_SPKI:
		return length > 1 && same(&entry->id, &path[1].spki) &&
		       same(&entry->serial, &path[0].serial);
	}
	return false;
}

const struct distrust *distrust_find(
	const struct distrust *entries, size_t n, const struct identity *path, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (length > 0 && refuses(&entries[i], path, length))
			return &entries[i];
	return NULL;
}
