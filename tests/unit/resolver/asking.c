/* SPDX-License-Identifier: MIT */
#include "asking.h"
#include "resolver/bytes.h"
#include "resolver/links.h"
#include "resolver/local.h"
#include "resolver/presentation.h"
#include "transport/trace.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINKS = 4, SEEN = 256, SEEN_SIZE = 48 };

/* In place of this machine's. */
static struct link links[LINKS];
static size_t n_links;

const struct link *links_at([[maybe_unused]] const struct links *all, size_t i)
{
	return i < n_links ? &links[i] : NULL;
}

const struct link *links_find([[maybe_unused]] struct links *all, int index)
{
	for (size_t i = 0; i < n_links; i++)
		if (links[i].index == index)
			return &links[i];
	return NULL;
}

struct world {
	struct loop *loop;
	struct clock clock;
	struct trace trace;
	struct local_owner local_owner;
	struct local *local;
	struct queries *queries;
	struct snapshot *snapshot;
	struct facts facts;
	struct resolver *resolver;
	struct watch udp;
	int fd;
	unsigned asked;
	uint8_t seen[SEEN][SEEN_SIZE]; /* the beginnings of what it was asked */
	size_t n_seen;
	bool ended;
	enum resolve_err err;
	char text[8192];
};

/* What the server has; data as people write them. */
static const struct {
	const char *name;
	uint16_t type;
	const char *data;
} ZONE[] = {
	{"www.test", TYPE_A, "192.0.2.1"},
	{"www.test", TYPE_A, "192.0.2.2"},
	{"www.test", TYPE_AAAA, "2001:db8::1"},
	{"four.test", TYPE_A, "192.0.2.4"},
	{"near.test", TYPE_AAAA, "fe80::1"},
	{"text.test", TYPE_TXT, "\5hello\0\3you"},
	{"alias.test", TYPE_CNAME, "second.test"},
	{"second.test", TYPE_CNAME, "www.test"},
	/* These it does not follow itself. */
	{"step1.test", TYPE_CNAME, "step2.test"},
	{"step2.test", TYPE_CNAME, "www.test"},
	{"step3.test", TYPE_CNAME, "nothing.test"},
	{"step4.test", TYPE_CNAME, "step5.test"},
	{"step5.test", TYPE_CNAME, "step4.test"},
	{"lost.test", TYPE_CNAME, "nothing.test"},
	{"mail.test", TYPE_CNAME, "text.test"},
	{"half.test", TYPE_A, "192.0.2.5"},
	{"host.two.test", TYPE_A, "192.0.2.22"},
	{"host.three.test", TYPE_A, "192.0.2.33"},
	{"empty.one.test", TYPE_TXT, "\0"},
	{"empty.two.test", TYPE_A, "192.0.2.23"},
	{"localhost.one.test", TYPE_A, "192.0.2.66"},
	{"1.100.51.198.in-addr.arpa", TYPE_PTR, "www.test"},
	{"1.100.51.198.in-addr.arpa", TYPE_PTR, "a b.test"},
	{"_ipp._tcp.test", TYPE_SRV, "20 0 631 www.test"},
	{"_ipp._tcp.test", TYPE_SRV, "10 5 632 alias.test"},
	{"_ipp._tcp.test", TYPE_SRV, "10 9 633 nothing.test"},
	{"A.b c._ipp._tcp.test", TYPE_SRV, "1 2 3 four.test"},
	{"A.b c._ipp._tcp.test", TYPE_TXT, "\5hello\0\3you"},
	{"_no._tcp.test", TYPE_SRV, "0 0 0 ."},
	{"_lost._tcp.test", TYPE_SRV, "0 0 1 nothing.test"},
	{"_lost._tcp.test", TYPE_SRV, "0 0 1 fail.test"},
};
enum { ZONE_N = sizeof ZONE / sizeof *ZONE };

/* Its first label may have dots and spaces in it. */
static size_t write_name(const char *text, uint8_t *out)
{
	char escaped[600] = "";
	size_t size;

	if (strncmp(text, "A.b c.", 6) == 0)
		snprintf(escaped, sizeof escaped, "A\\.b\\032c.%s", text + 6);
	else
		snprintf(escaped, sizeof escaped, "%s", text);
	assert_true(presentation_read_name(escaped, out, &size));
	return size;
}

static size_t write_data(size_t i, uint8_t *out)
{
	unsigned priority, weight, port;
	char target[64];

	switch (ZONE[i].type) {
	case TYPE_A: return inet_pton(AF_INET, ZONE[i].data, out) == 1 ? 4 : 0;
	case TYPE_AAAA: return inet_pton(AF_INET6, ZONE[i].data, out) == 1 ? 16 : 0;
	case TYPE_TXT: {
		size_t size = ZONE[i].data[0] == 0 ? 1 : 11;

		memcpy(out, ZONE[i].data, size);
		return size;
	}
	case TYPE_SRV:
		assert_int_equal(sscanf(ZONE[i].data, "%u %u %u %63s", &priority, &weight,
					 &port, target),
			4);
		write16(out, priority);
		write16(out + 2, weight);
		write16(out + 4, port);
		return 6 + write_name(target, out + 6);
	default: return write_name(ZONE[i].data, out);
	}
}

static size_t write_record(size_t i, uint8_t *out)
{
	size_t at = write_name(ZONE[i].name, out), size;

	write16(out + at, ZONE[i].type);
	write16(out + at + 2, CLASS_IN);
	write32(out + at + 4, 300);
	size = write_data(i, out + at + 10);
	write16(out + at + 8, (unsigned)size);
	return at + 10 + size;
}

static bool is_of(size_t i, const uint8_t *name)
{
	uint8_t own[256];
	size_t size = write_name(ZONE[i].name, own);

	for (size_t j = 0; j < size; j++)
		if ((own[j] | 0x20) != (name[j] | 0x20))
			return false;
	return true;
}

/* A SERVFAIL with an Extended DNS Error. */
static size_t write_failure(unsigned code, const char *text, uint8_t *out)
{
	static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0};
	size_t size = strlen(text);

	memcpy(out, opt, sizeof opt);
	write16(out + 9, (unsigned)size + 6);
	write16(out + 11, 15);
	write16(out + 13, (unsigned)size + 2);
	write16(out + 15, code);
	memcpy(out + 17, text, size);
	return 17 + size;
}

/* The answer to the question that is there; 0: none. */
static size_t write_answer(uint8_t *message)
{
	uint8_t name[256];
	size_t end = 12, at;
	unsigned type, n = 0;
	bool exists = false, more = true;

	assert_true(presentation_skip_name((struct wire){message, 512}, &end));
	memcpy(name, message + 12, end - 12);
	type = read16(message + end);
	at = end + 4;
	message[2] |= 0x80;
	message[3] = 0xa0; /* RA; and AD, which is not its business to say */
	memset(message + 6, 0, 6);
	if (memcmp(name, "\4mute", 5) == 0)
		return 0;
	if (memcmp(name, "\4fail", 5) == 0 ||
		(memcmp(name, "\4half", 5) == 0 && type == TYPE_AAAA)) {
		message[3] |= RCODE_SERVFAIL;
		message[11] = 1;
		return at + write_failure(15, "bl\033ocked", message + at);
	}
	if (memcmp(name, "\5bogus", 6) == 0) {
		message[3] |= RCODE_SERVFAIL;
		message[11] = 1;
		return at + write_failure(EDE_DNSSEC_BOGUS, "", message + at);
	}
	while (more) {
		more = false;
		exists = false;
		for (size_t i = 0; i < ZONE_N && !more; i++) {
			if (!is_of(i, name))
				continue;
			exists = true;
			if (ZONE[i].type != type && ZONE[i].type != TYPE_CNAME)
				continue;
			at += write_record(i, message + at);
			n++;
			more = ZONE[i].type == TYPE_CNAME && type != TYPE_CNAME &&
			       memcmp(name, "\5step", 5) != 0;
			if (more)
				write_name(ZONE[i].data, name);
		}
	}
	message[7] = (uint8_t)n;
	message[3] |= exists ? RCODE_NOERROR : RCODE_NXDOMAIN;
	return at;
}

/* On a busy machine, a question may be sent again before its answer is read. */
static bool is_new(struct world *world, const uint8_t *message)
{
	for (size_t i = 0; i < world->n_seen && i < SEEN; i++)
		if (memcmp(world->seen[i], message, SEEN_SIZE) == 0)
			return false;
	memcpy(world->seen[world->n_seen++ % SEEN], message, SEEN_SIZE);
	return true;
}

static void on_udp(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct world *world = container_of(watch, struct world, udp);
	struct sockaddr_in from;
	socklen_t from_size = sizeof from;
	uint8_t message[4096] = {0};
	ssize_t n = recvfrom(world->fd, message, 512, 0, (struct sockaddr *)&from, &from_size);
	size_t size;

	assert_true(n > 12);
	world->asked += is_new(world, message);
	size = write_answer(message);
	if (size > 0)
		assert_int_equal(sendto(world->fd, message, size, 0, (struct sockaddr *)&from,
					 from_size),
			size);
}

static uint16_t listen_udp(struct world *world)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	world->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(world->fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(world->fd, (struct sockaddr *)&address, &size), 0);
	world->udp.ready = on_udp;
	assert_true(watch_start(world->loop, &world->udp, world->fd, LOOP_READ));
	return ntohs(address.sin_port);
}

static void on_changed([[maybe_unused]] struct local_owner *owner)
{
}

static void on_trace(
	[[maybe_unused]] struct trace *trace, [[maybe_unused]] const struct trace_event *event)
{
}

struct world *world_new(const char *options)
{
	struct world *world = calloc(1, sizeof *world);
	const struct siphash_key secret = {0};
	const struct portion portion = {.workers = 1, .memory = 1 << 30};
	struct surroundings around;
	struct conf_errors errors;
	struct conf *conf;
	char text[1024];

	world->loop = loop_new();
	world->trace.tell = on_trace;
	world->local_owner.changed = on_changed;
	around = (struct surroundings){
		.loop = world->loop, .clock = &world->clock, .trace = &world->trace};
	/* Nobody listens at port 1. What is searched is not our server's, but for these. */
	snprintf(text, sizeof text,
		"[Resolve]\nReadEtcHosts=no\nCacheFromLocalhost=yes\nDNS=tls://"
		"127.0.0.1:1\n%s\n"
		"[CertificateTransparency]\nLogList=%s\n"
		"[Route]\nDomains=~test ~100.51.198.in-addr.arpa\n"
		"Domains=~host.one.test ~host.two.test ~empty.one.test ~fail.one.test\n"
		"Domains=~_gateway.one.test ~_gateway.two.test\nDNS=plain://127.0.0.1:%u\n",
		options, LOG_LIST, listen_udp(world));
	conf = conf_parse("f", text, strlen(text), &errors);
	assert_non_null(conf);
	world->local = local_new(world->loop, &world->local_owner);
	assert_true(local_configure(world->local, conf));
	world->queries = queries_new(world->loop, world->local, &secret, &portion);
	queries_use(world->queries, conf);
	world->snapshot = snapshot_of(conf, NULL);
	assert_non_null(world->snapshot);
	assert_true(snapshot_complete(world->snapshot, &around));
	world->facts = (struct facts){.loop = world->loop,
		.queries = world->queries,
		.snapshot = world->snapshot,
		.clock = &world->clock};
	/* Any pointer will do: the links are ours. */
	world->resolver = resolver_new(&world->facts, (struct links *)world);
	return world;
}

void world_free(struct world *world)
{
	resolver_free(world->resolver);
	queries_free(world->queries);
	snapshot_unref(world->snapshot);
	local_free(world->local);
	watch_stop(&world->udp);
	close(world->fd);
	loop_free(world->loop);
	free(world);
	while (n_links > 0)
		link_settings_clear(&links[--n_links].settings);
}

struct resolver *world_resolver(const struct world *world)
{
	return world->resolver;
}

struct loop *world_loop(const struct world *world)
{
	return world->loop;
}

unsigned world_asked(struct world *world)
{
	unsigned asked = world->asked;

	world->asked = 0;
	return asked;
}

void world_add_link(int index, const char *domains)
{
	struct link *link = &links[n_links++];
	char one[64];
	int used;

	*link = (struct link){.index = index, .up = true};
	for (; sscanf(domains, "%63s%n", one, &used) == 1; domains += used)
		assert_true(link_add_domain(
			&link->settings, one[0] == '~' ? one + 1 : one, one[0] == '~'));
}

static void print_addresses(FILE *out, const struct resolved_address *list, size_t n)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < n; i++) {
		fprintf(out, " %s",
			inet_ntop(list[i].family, list[i].address.bytes, text, sizeof text));
		if (list[i].interface != 0)
			fprintf(out, "%%%d", list[i].interface);
	}
}

static void print_services(FILE *out, const struct resolve_end *end)
{
	fprintf(out, "'%s' '%s' '%s'", end->service_name, end->service_type,
		end->service_domain);
	for (size_t i = 0; i < end->n_services; i++) {
		const struct resolved_service *service = &end->services[i];

		fprintf(out, "; %u %u %u %s", service->priority, service->weight, service->port,
			service->host);
		if (strcmp(service->host, service->canonical) != 0)
			fprintf(out, "=%s", service->canonical);
		print_addresses(out, service->addresses, service->n_addresses);
	}
	for (size_t i = 0; i < end->n_txts; i++)
		fprintf(out, "%s\"%.*s\"", i == 0 ? "; " : " ", (int)end->txts[i].size,
			(const char *)end->txts[i].data);
}

static void print_flags(FILE *out, uint64_t flags)
{
	assert_true((flags & RESOLVE_DNS) != 0);
	fprintf(out, " [%s%s%s%s%s]", (flags & RESOLVE_SYNTHETIC) != 0 ? "L" : "",
		(flags & RESOLVE_FROM_CACHE) != 0 ? "C" : "",
		(flags & RESOLVE_FROM_NETWORK) != 0 ? "N" : "",
		(flags & RESOLVE_AUTHENTICATED) != 0 ? "A" : "",
		(flags & RESOLVE_CONFIDENTIAL) != 0 ? "P" : "");
}

static void print_records(FILE *out, const struct resolve_end *end)
{
	for (size_t i = 0; i < end->n_records; i++) {
		struct wire rr = {end->records[i].rr, end->records[i].size};
		struct presentation_record record;
		size_t at = 0;

		assert_true(presentation_read_record(rr, &at, &record));
		assert_int_equal(at, rr.size);
		assert_int_equal(record.type, end->records[i].type);
		presentation_name(out, rr, record.name);
		putc(' ', out);
		presentation_type(out, record.type);
		putc(' ', out);
		presentation_data(out, rr, &record);
		putc(';', out);
	}
}

static void print_found(FILE *out, const struct resolve_end *end)
{
	if (end->n_addresses > 0)
		fprintf(out, "%s:", end->canonical);
	print_addresses(out, end->addresses, end->n_addresses);
	for (size_t i = 0; i < end->n_names; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", end->names[i].name);
	print_records(out, end);
	if (end->n_services > 0)
		print_services(out, end);
	print_flags(out, end->flags);
}

static void on_end(void *owner, const struct resolve_end *end)
{
	struct world *world = owner;
	FILE *out = fmemopen(world->text, sizeof world->text, "w");
	char why[1024];

	world->ended = true;
	world->err = end->err;
	if (end->err == RESOLVE_OK) {
		print_found(out, end);
	} else {
		resolve_why(end, why, sizeof why);
		fprintf(out, "! %s", why);
	}
	fclose(out);
	loop_stop(world->loop);
}

const char *world_resolve(struct world *world, const struct resolve_request *request)
{
	world->ended = false;
	assert_non_null(resolve(world->resolver, request, on_end, world));
	assert_false(world->ended);
	loop_run(world->loop);
	assert_true(world->ended);
	return world->text;
}

enum resolve_err world_err(const struct world *world)
{
	return world->err;
}

const char *world_hostname(struct world *world, const char *name, int family, uint64_t flags)
{
	return world_resolve(world, &(struct resolve_request){.kind = RESOLVE_HOSTNAME,
					    .name = name,
					    .family = family,
					    .flags = flags});
}
