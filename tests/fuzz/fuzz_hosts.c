/* SPDX-License-Identifier: MIT */
/* A hosts file: what it gives a name, it gives back for the address. */
#include "resolver/hosts.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct hosts *hosts, struct wire name, const struct address *of)
{
	struct address addresses[HOSTS_ADDRESSES_MAX];
	size_t n, at = 0;
	bool found = false;

	while (at < name.size && name.data[at] != 0)
		at += 1 + (size_t)name.data[at];
	if (at + 1 != name.size || name.size > NAME_SIZE_MAX)
		abort();
	if (!hosts_find(hosts, name, addresses, &n))
		abort();
	for (size_t i = 0; i < n; i++)
		found |= memcmp(&addresses[i], of, sizeof *of) == 0;
	if (!found)
		abort();
}

static void check_address(const struct hosts *hosts, const struct address *address)
{
	struct wire names[HOSTS_NAMES_MAX];
	size_t n = hosts_names(hosts, address, names);

	if (n > HOSTS_NAMES_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		check_name(hosts, names[i], address);
}

/* Each line in memory of its own, so that what is read behind it is seen. */
static bool add(struct hosts *hosts, const uint8_t *line, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);
	bool good;

	if (copy == NULL)
		return false;
	memcpy(copy, line, size);
	good = hosts_add_line(hosts, copy, size);
	free(copy);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hosts *hosts = hosts_new(0);
	struct address address = {.size = 4};

	if (hosts == NULL)
		return 0;
	/* What is asked for at the end: the input's last bytes, as a name and as an address. */
	if (size >= 16)
		memcpy(address.bytes, data + size - 16, address.size);
	for (const uint8_t *at = data, *end = data + size; at <= end;) {
		const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *stop = newline != NULL ? newline : end;

		if (!add(hosts, at, (size_t)(stop - at)))
			break;
		at = stop + 1;
	}
	check_address(hosts, &address);
	for (unsigned i = 0; i < 256; i++)
		check_address(hosts, &(struct address){{(uint8_t)i}, 4});
	check_address(hosts, &(struct address){{127, 0, 0, 1}, 4});
	check_address(hosts, &(struct address){{[15] = 1}, 16});
	hosts_free(hosts);
	return 0;
}
