/* SPDX-License-Identifier: MIT */
#include "resolver/hosts.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_MIN = 64, SLOTS_FIRST_MAX = 1 << 24, NOTHING = 0 };

/* Open addressing; 0 is a free slot, half of them at least are. */
struct table {
	uint32_t *slots;
	size_t n_slots, used;
};

struct host {
	struct address address;
	uint8_t n_names;
	uint32_t first, last; /* its records */
};

/* A name of an address. Records lie one behind the other in `bytes`, each followed by its name;
 * one is known by its place plus one. */
struct record {
	uint32_t host, next; /* of the same host; 0: none */
	uint8_t size;
};

struct hosts {
	uint64_t seed;
	uint8_t *bytes;
	size_t size, room;
	struct host *hosts; /* the first is NOTHING: it has no address */
	size_t n_hosts, hosts_room;
	struct table by_name, by_address;
	struct hosts_counts counts;
	size_t lines;
};

static size_t hash(const struct hosts *hosts, const uint8_t *bytes, size_t size)
{
	uint64_t value = hosts->seed ^ size;

	while (size > 0) {
		size_t n = size < 8 ? size : 8;
		uint64_t word = 0;

		memcpy(&word, bytes, n);
		value = (value ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		value ^= value >> 29;
		bytes += n;
		size -= n;
	}
	return (size_t)(value ^ value >> 32);
}

static struct record record_at(const struct hosts *hosts, uint32_t id)
{
	struct record record;

	memcpy(&record, hosts->bytes + id - 1, sizeof record);
	return record;
}

static struct wire name_of(const struct hosts *hosts, uint32_t id)
{
	return (struct wire){
		hosts->bytes + id - 1 + sizeof(struct record), record_at(hosts, id).size};
}

static size_t hash_name(const struct hosts *hosts, uint32_t id)
{
	struct wire name = name_of(hosts, id);

	return hash(hosts, name.data, name.size);
}

/* An entry is the host's index, which is never that of NOTHING. */
static size_t hash_address(const struct hosts *hosts, uint32_t id)
{
	return hash(hosts, hosts->hosts[id].address.bytes, 16);
}

typedef size_t hash_entry(const struct hosts *, uint32_t);

static void put(const struct hosts *hosts, struct table *table, uint32_t id, hash_entry *entry)
{
	size_t at = entry(hosts, id) & (table->n_slots - 1);

	while (table->slots[at] != 0)
		at = (at + 1) & (table->n_slots - 1);
	table->slots[at] = id;
	table->used++;
}

static bool add(const struct hosts *hosts, struct table *table, uint32_t id, hash_entry *entry)
{
	struct table larger = {.n_slots = 2 * table->n_slots};

	if (2 * (table->used + 1) > table->n_slots) {
		larger.slots = calloc(larger.n_slots, sizeof *larger.slots);
		if (larger.slots == NULL)
			return false;
		for (size_t i = 0; i < table->n_slots; i++)
			if (table->slots[i] != 0)
				put(hosts, &larger, table->slots[i], entry);
		free(table->slots);
		*table = larger;
	}
	put(hosts, table, id, entry);
	return true;
}

struct hosts *hosts_new(size_t names)
{
	struct hosts *hosts = calloc(1, sizeof *hosts);

	if (hosts == NULL)
		return NULL;
	hosts->by_name.n_slots = hosts->by_address.n_slots = SLOTS_MIN;
	while (hosts->by_name.n_slots < 2 * names && hosts->by_name.n_slots < SLOTS_FIRST_MAX)
		hosts->by_name.n_slots *= 2;
	hosts->by_name.slots = calloc(hosts->by_name.n_slots, sizeof(uint32_t));
	hosts->by_address.slots = calloc(SLOTS_MIN, sizeof(uint32_t));
	hosts->hosts = calloc(1, sizeof *hosts->hosts);
	hosts->n_hosts = hosts->hosts_room = 1;
	if (getrandom(&hosts->seed, sizeof hosts->seed, GRND_NONBLOCK) < 0)
		hosts->seed = 1; /* early at boot; nobody is attacking yet */
	if (hosts->by_name.slots != NULL && hosts->by_address.slots != NULL &&
		hosts->hosts != NULL)
		return hosts;
	hosts_free(hosts);
	return NULL;
}

void hosts_free(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	free(hosts->by_name.slots);
	free(hosts->by_address.slots);
	free(hosts->hosts);
	free(hosts->bytes);
	free(hosts);
}

static bool is_same_record(const struct hosts *a, const struct hosts *b, uint32_t id)
{
	const struct record left = record_at(a, id), right = record_at(b, id);

	return left.host == right.host && left.size == right.size &&
	       memcmp(name_of(a, id).data, name_of(b, id).data, left.size) == 0;
}

bool hosts_are_same(const struct hosts *a, const struct hosts *b)
{
	if (a->n_hosts != b->n_hosts || a->size != b->size)
		return false;
	for (size_t i = 1; i < a->n_hosts; i++)
		if (memcmp(&a->hosts[i].address, &b->hosts[i].address,
			    sizeof(struct address)) != 0)
			return false;
	for (uint32_t id = 1; id <= a->size;
		id += (uint32_t)(sizeof(struct record) + name_of(a, id).size))
		if (!is_same_record(a, b, id))
			return false;
	return true;
}

const struct hosts_counts *hosts_counts(const struct hosts *hosts)
{
	return &hosts->counts;
}

/* Its index; NOTHING: it is not known. */
static uint32_t find_host(const struct hosts *hosts, const struct address *address)
{
	const struct table *table = &hosts->by_address;
	size_t at = hash(hosts, address->bytes, 16) & (table->n_slots - 1);

	for (; table->slots[at] != 0; at = (at + 1) & (table->n_slots - 1))
		if (memcmp(&hosts->hosts[table->slots[at]].address, address, sizeof *address) ==
			0)
			return table->slots[at];
	return NOTHING;
}

static bool add_host(struct hosts *hosts, const struct address *address, uint32_t *ret)
{
	*ret = find_host(hosts, address);
	if (*ret != NOTHING)
		return true;
	if (hosts->n_hosts == hosts->hosts_room) {
		size_t room = 2 * hosts->hosts_room;
		struct host *more = realloc(hosts->hosts, room * sizeof *more);

		if (more == NULL)
			return false;
		hosts->hosts = more;
		hosts->hosts_room = room;
	}
	*ret = (uint32_t)hosts->n_hosts;
	hosts->hosts[hosts->n_hosts] = (struct host){.address = *address};
	if (!add(hosts, &hosts->by_address, *ret, hash_address))
		return false;
	hosts->n_hosts++;
	return true;
}

static bool make_room(struct hosts *hosts, size_t n)
{
	size_t room = hosts->room > 0 ? hosts->room : 1024;
	uint8_t *more;

	while (room - hosts->size < n)
		room += room / 2;
	if (room == hosts->room)
		return true;
	more = realloc(hosts->bytes, room);
	if (more == NULL)
		return false;
	hosts->bytes = more;
	hosts->room = room;
	return true;
}

enum added { ADDED, ADDED_NOT, ADDED_NOT_YET, ADDED_NO_MEMORY };

/* Is the name there with this host, or with too many? */
static enum added look_up(const struct hosts *hosts, uint32_t host, struct wire name)
{
	const struct table *table = &hosts->by_name;
	size_t at = hash(hosts, name.data, name.size) & (table->n_slots - 1), n = 0;

	for (; table->slots[at] != 0; at = (at + 1) & (table->n_slots - 1)) {
		struct wire other = name_of(hosts, table->slots[at]);

		if (other.size != name.size || memcmp(other.data, name.data, name.size) != 0)
			continue;
		if (record_at(hosts, table->slots[at]).host == host)
			return ADDED;
		if (++n == HOSTS_ADDRESSES_MAX)
			return ADDED_NOT;
	}
	return ADDED_NOT_YET;
}

static enum added add_name(struct hosts *hosts, uint32_t index, struct wire name)
{
	struct record record = {.host = index, .size = (uint8_t)name.size};
	struct host *host = &hosts->hosts[index];
	uint32_t id = (uint32_t)hosts->size + 1;
	enum added there = look_up(hosts, index, name);

	if (there != ADDED_NOT_YET)
		return there;
	if (hosts->size + sizeof record + name.size > HOSTS_SIZE_MAX)
		return ADDED_NOT;
	if (!make_room(hosts, sizeof record + name.size))
		return ADDED_NO_MEMORY;
	memcpy(hosts->bytes + hosts->size, &record, sizeof record);
	memcpy(hosts->bytes + hosts->size + sizeof record, name.data, name.size);
	hosts->size += sizeof record + name.size;
	if (!add(hosts, &hosts->by_name, id, hash_name))
		return ADDED_NO_MEMORY;
	hosts->counts.names++;
	if (index == NOTHING || host->n_names == HOSTS_NAMES_MAX)
		return ADDED;
	if (host->n_names++ == 0)
		host->first = id;
	else
		memcpy(hosts->bytes + host->last - 1 + offsetof(struct record, next), &id,
			sizeof id);
	host->last = id;
	return ADDED;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of a line; its size is 0 at the end. */
static size_t next_word(const char **at, const char *end)
{
	const char *stop;

	while (*at < end && is_space(**at))
		(*at)++;
	for (stop = *at; stop < end && !is_space(*stop); stop++)
		continue;
	return (size_t)(stop - *at);
}

static bool read_address(const char *text, size_t size, struct address *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct address address = {0};

	if (size >= sizeof copy)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (strlen(copy) != size)
		return false;
	if (inet_pton(AF_INET, copy, address.bytes) == 1)
		address.size = 4;
	else if (inet_pton(AF_INET6, copy, address.bytes) == 1)
		address.size = 16;
	*ret = address;
	return address.size > 0;
}

/* A host name (RFC 1123 section 2.1), also with underscores, in lower case as in a message. */
static bool read_name(const char *text, size_t size, uint8_t *out, size_t *ret_size)
{
	size_t length = 0; /* where this label's stands */

	if (size > 0 && text[size - 1] == '.')
		size--;
	if (size == 0 || size > NAME_SIZE_MAX - 2)
		return false;
	for (size_t i = 0; i <= size; i++) {
		char c = i < size ? text[i] : '.';

		if (c == '.') {
			if (i == length || i - length > 63)
				return false;
			out[length] = (uint8_t)(i - length);
			length = i + 1;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
			return false;
		out[i + 1] = (uint8_t)c;
	}
	out[size + 1] = 0;
	*ret_size = size + 2;
	return true;
}

static bool ends_in(struct wire name, const char *wire, size_t size)
{
	/* 9 and 11 are no characters of host names: this is where a label begins. */
	return name.size >= size && memcmp(name.data + name.size - size, wire, size) == 0;
}

static bool is_localhost(struct wire name)
{
	static const char plain[] = "\11localhost", full[] = "\11localhost\13localdomain";

	return ends_in(name, plain, sizeof plain) || ends_in(name, full, sizeof full);
}

static bool is_nothing(const struct address *address)
{
	static const uint8_t zero[16];

	return memcmp(address->bytes, zero, sizeof zero) == 0;
}

static bool add_names(
	struct hosts *hosts, uint32_t host, const char *at, const char *end, bool *ret_good)
{
	uint8_t bytes[NAME_SIZE_MAX + 1];
	struct wire name = {.data = bytes};
	size_t size, n = 0;

	*ret_good = true;
	for (; (size = next_word(&at, end)) > 0; at += size, n++) {
		enum added added = ADDED;

		if (!read_name(at, size, bytes, &name.size))
			added = ADDED_NOT;
		else if (!is_localhost(name))
			added = add_name(hosts, host, name);
		if (added == ADDED_NO_MEMORY)
			return false;
		*ret_good &= added == ADDED;
	}
	*ret_good &= n > 0;
	return true;
}

bool hosts_add_line(struct hosts *hosts, const char *line, size_t size)
{
	const char *comment = memchr(line, '#', size), *at = line;
	const char *end = comment != NULL ? comment : line + size;
	struct address address;
	uint32_t host = NOTHING;
	bool good = false;

	hosts->lines++;
	size = next_word(&at, end);
	if (size == 0)
		return true;
	if (read_address(at, size, &address)) {
		if (!is_nothing(&address) && !add_host(hosts, &address, &host))
			return false;
		if (!add_names(hosts, host, at + size, end, &good))
			return false;
	}
	if (!good && hosts->counts.skipped++ == 0)
		hosts->counts.first = hosts->lines;
	return true;
}

bool hosts_find(const struct hosts *hosts, struct wire name, struct address *ret, size_t *ret_n)
{
	const struct table *table = &hosts->by_name;
	size_t at = hash(hosts, name.data, name.size) & (table->n_slots - 1);
	bool found = false;

	*ret_n = 0;
	for (; table->slots[at] != 0; at = (at + 1) & (table->n_slots - 1)) {
		struct wire other = name_of(hosts, table->slots[at]);
		uint32_t host = record_at(hosts, table->slots[at]).host;

		if (other.size != name.size || memcmp(other.data, name.data, name.size) != 0)
			continue;
		found = true;
		if (host != NOTHING && *ret_n < HOSTS_ADDRESSES_MAX)
			ret[(*ret_n)++] = hosts->hosts[host].address;
	}
	return found;
}

size_t hosts_names(const struct hosts *hosts, const struct address *address, struct wire *ret)
{
	uint32_t host = find_host(hosts, address);
	size_t n = 0;

	if (host == NOTHING)
		return 0;
	for (uint32_t id = hosts->hosts[host].first; id != 0; id = record_at(hosts, id).next)
		ret[n++] = name_of(hosts, id);
	return n;
}
