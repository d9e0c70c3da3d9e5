/* SPDX-License-Identifier: MIT */
/* The hosts file's lines, and the tables of special-use names. */
#include "resolver/hosts.h"
#include "resolver/special.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A name as text, as in a message; with type A, class IN behind it. */
static struct wire wire_of(const char *text, uint8_t *out)
{
	size_t at = 0;

	while (*text != '\0') {
		size_t size = strcspn(text, ".");

		out[at++] = (uint8_t)size;
		memcpy(out + at, text, size);
		at += size;
		text += size + (text[size] == '.');
	}
	out[at++] = 0;
	memcpy(out + at, "\0\1\0\1", 4);
	return (struct wire){out, at};
}

static struct asked asked_of(const char *text)
{
	uint8_t bytes[300];
	struct request request = {.question = wire_of(text, bytes), .type = 1};
	struct asked asked;

	asked_read(request.question, &asked);
	return asked;
}

static void add(struct hosts *hosts, const char *line)
{
	assert_true(hosts_add_line(hosts, line, strlen(line)));
}

/* "1.2.3.4 ::1", "-": it is not there. */
static void check_name(const struct hosts *hosts, const char *name, const char *want)
{
	struct address addresses[HOSTS_ADDRESSES_MAX];
	char got[1024] = "-", one[64];
	uint8_t bytes[300];
	size_t n;

	if (hosts_find(hosts, wire_of(name, bytes), addresses, &n))
		got[0] = '\0';
	for (size_t i = 0; got[0] != '-' && i < n; i++) {
		inet_ntop(addresses[i].size == 4 ? AF_INET : AF_INET6, addresses[i].bytes, one,
			sizeof one);
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 0 ? " " : "",
			one);
	}
	assert_string_equal(got, want);
}

static void test_hosts([[maybe_unused]] void **state)
{
	struct hosts *hosts = hosts_new(0);
	struct wire names[HOSTS_NAMES_MAX];
	struct address address = {{192, 0, 2, 1}, 4};

	add(hosts, "192.0.2.1\tOne.Example. uno # due");
	add(hosts, "  192.0.2.2 one.example");
	add(hosts, "2001:db8::1 one.example\r");
	add(hosts, "192.0.2.1 one.example");
	add(hosts, "0.0.0.0 ads.example one.example");
	add(hosts, "::1 localhost x.localhost localhost.localdomain xlocalhost");
	add(hosts, "");
	add(hosts, "# 192.0.2.3 no.example");
	assert_int_equal(hosts_counts(hosts)->skipped, 0);
	check_name(hosts, "one.example", "192.0.2.1 192.0.2.2 2001:db8::1");
	check_name(hosts, "uno", "192.0.2.1");
	check_name(hosts, "ads.example", "");
	check_name(hosts, "xlocalhost", "::1");
	check_name(hosts, "localhost", "-");
	check_name(hosts, "x.localhost", "-");
	check_name(hosts, "localhost.localdomain", "-");
	check_name(hosts, "due", "-");
	check_name(hosts, "no.example", "-");
	check_name(hosts, "example", "-");
	assert_int_equal(hosts_names(hosts, &address, names), 2);
	assert_memory_equal(names[0].data, "\3one\7example", names[0].size);
	assert_memory_equal(names[1].data, "\3uno", names[1].size);
	address.bytes[3] = 9;
	assert_int_equal(hosts_names(hosts, &address, names), 0);
	hosts_free(hosts);
}

static void test_bad_lines([[maybe_unused]] void **state)
{
	static const char *const bad[] = {"192.0.2.1", "192.0.2 a", "fe80::1%lo a", "a b",
		"192.0.2.1 ..", "192.0.2.1 a..b", "192.0.2.1 .a", "192.0.2.1 a\\b",
		"192.0.2.1 \xc3\xa4", "192.0.2.1 good.example b@d"};
	const size_t n = sizeof bad / sizeof *bad;
	struct hosts *hosts = hosts_new(0);
	char line[400] = "192.0.2.1 ";

	add(hosts, "# fine");
	for (size_t i = 0; i < n; i++)
		add(hosts, bad[i]);
	assert_int_equal(hosts_counts(hosts)->skipped, n);
	assert_int_equal(hosts_counts(hosts)->first, 2);
	assert_int_equal(hosts_counts(hosts)->names, 1);
	check_name(hosts, "good.example", "192.0.2.1");
	assert_true(hosts_add_line(hosts, "192.0.2.1\0000 a", 13));
	assert_int_equal(hosts_counts(hosts)->names, 1);
	assert_int_equal(hosts_counts(hosts)->skipped, n + 1);
	check_name(hosts, "a", "-");
	memset(line + 10, 'a', 64);
	add(hosts, line);
	assert_int_equal(hosts_counts(hosts)->skipped, n + 2);
	for (size_t i = 10; i < 10 + 254; i++)
		line[i] = i % 2 == 0 ? 'a' : '.';
	add(hosts, line); /* 254 with its final dot: the longest that can be */
	assert_int_equal(hosts_counts(hosts)->skipped, n + 2);
	line[10 + 254] = 'a';
	add(hosts, line);
	assert_int_equal(hosts_counts(hosts)->skipped, n + 3);
	hosts_free(hosts);
}

/* Bounded: names of an address, addresses of a name; and the tables grow. */
static void test_many([[maybe_unused]] void **state)
{
	struct hosts *hosts = hosts_new(0);
	struct wire names[HOSTS_NAMES_MAX];
	struct address addresses[HOSTS_ADDRESSES_MAX], all = {{192, 0, 2, 1}, 4};
	uint8_t bytes[300];
	char line[64];
	size_t n;

	for (unsigned i = 0; i < 20000; i++) {
		snprintf(line, sizeof line, "192.0.2.1 n%u.example", i);
		add(hosts, line);
		snprintf(line, sizeof line, "10.1.%u.%u same.example", i >> 8, i & 255);
		add(hosts, line);
	}
	check_name(hosts, "n0.example", "192.0.2.1");
	check_name(hosts, "n19999.example", "192.0.2.1");
	check_name(hosts, "n20000.example", "-");
	assert_int_equal(hosts_names(hosts, &all, names), HOSTS_NAMES_MAX);
	assert_true(hosts_find(hosts, wire_of("same.example", bytes), addresses, &n));
	assert_int_equal(n, HOSTS_ADDRESSES_MAX);
	assert_int_equal(hosts_counts(hosts)->skipped, 20000 - HOSTS_ADDRESSES_MAX);
	hosts_free(hosts);
}

static struct hosts *hosts_of(const char *const lines[3])
{
	struct hosts *hosts = hosts_new(0);

	for (size_t i = 0; i < 3 && lines[i] != NULL; i++)
		add(hosts, lines[i]);
	return hosts;
}

/* What is written otherwise, and says the same; and all in which one can differ. */
static void test_same([[maybe_unused]] void **state)
{
	static const char *const first[3] = {"192.0.2.1 one.example", "2001:db8::1 uno six"};
	static const struct {
		const char *lines[3];
		bool same;
	} others[] = {
		{{"192.0.2.1 One.example", "# nothing", "2001:db8::1 uno   six\r"}, true},
		{{"192.0.2.2 one.example", "2001:db8::1 uno six"}, false},
		{{"192.0.2.1 one.examplf", "2001:db8::1 uno six"}, false},
		{{"192.0.2.1 one.example uno", "2001:db8::1 six"}, false},
		{{"192.0.2.1 one.example", "2001:db8::1 six uno"}, false},
		{{"192.0.2.1 one.example", "2001:db8::1 uno"}, false},
		{{"192.0.2.1 one.example"}, false},
		{{NULL}, false},
	};
	struct hosts *hosts = hosts_of(first);

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct hosts *other = hosts_of(others[i].lines);

		assert_int_equal(hosts_are_same(hosts, other), others[i].same);
		assert_int_equal(hosts_are_same(other, hosts), others[i].same);
		hosts_free(other);
	}
	hosts_free(hosts);
}

static void test_special([[maybe_unused]] void **state)
{
	static const struct {
		const char *name;
		enum special kind;
		size_t at;
		bool is_apex;
	} cases[] = {
		{"LocalHost", SPECIAL_LOCALHOST, 0, true},
		{"a.localhost", SPECIAL_LOCALHOST, 2, false},
		{"localhost.example", SPECIAL_NONE, 0, false},
		{"xlocalhost", SPECIAL_NONE, 0, false},
		{"localdomain", SPECIAL_NONE, 0, false},
		{"x.INVALID", SPECIAL_NOWHERE, 2, false},
		{"x.onion", SPECIAL_NOWHERE, 2, false},
		{"local", SPECIAL_EMPTY, 0, true},
		{"a.b.home.arpa", SPECIAL_EMPTY, 4, false},
		{"arpa", SPECIAL_NONE, 0, false},
		{"x.example", SPECIAL_NONE, 0, false},
		{"ipv4only.arpa", SPECIAL_IPV4ONLY, 0, true},
		{"_dns.resolver.arpa", SPECIAL_RESOLVER, 5, false},
		{"use-application-dns.net", SPECIAL_CANARY, 0, true},
		{"", SPECIAL_NONE, 0, false},
		{"x.home\1arpa", SPECIAL_NONE, 0, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asked asked = asked_of(cases[i].name);
		struct special_zone zone = special_find(&asked);

		assert_int_equal(zone.kind, cases[i].kind);
		assert_int_equal(zone.at, cases[i].at);
		assert_int_equal(zone.is_apex, cases[i].is_apex);
	}
}

static void test_reverse_zones([[maybe_unused]] void **state)
{
	static const struct {
		const char *name, *zone; /* NULL: none */
	} cases[] = {
		{"1.2.3.10.in-addr.arpa", "10.in-addr.arpa"},
		{"10.in-addr.arpa", "10.in-addr.arpa"},
		{"1.2.15.172.in-addr.arpa", NULL},
		{"1.2.16.172.in-addr.arpa", "16.172.in-addr.arpa"},
		{"31.172.in-addr.arpa", "31.172.in-addr.arpa"},
		{"32.172.in-addr.arpa", NULL},
		{"172.in-addr.arpa", NULL},
		{"63.100.in-addr.arpa", NULL},
		{"64.100.in-addr.arpa", "64.100.in-addr.arpa"},
		{"127.100.in-addr.arpa", "127.100.in-addr.arpa"},
		{"128.100.in-addr.arpa", NULL},
		{"x.168.192.in-addr.arpa", "168.192.in-addr.arpa"},
		{"9.1.2.3.10.in-addr.arpa", "10.in-addr.arpa"},
		{"1.2.3.010.in-addr.arpa", NULL},
		{"1.2.3.266.in-addr.arpa", NULL},
		{"255.255.255.255.in-addr.arpa", "255.255.255.255.in-addr.arpa"},
		{"255.255.255.in-addr.arpa", NULL},
		{"in-addr.arpa", NULL},
		{"d.f.ip6.arpa", "d.f.ip6.arpa"},
		{"F.ip6.arpa", NULL},
		{"1.8.E.F.ip6.arpa", "8.e.f.ip6.arpa"},
		{"b.e.f.ip6.arpa", "b.e.f.ip6.arpa"},
		{"c.e.f.ip6.arpa", NULL},
		{"8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"},
		{"9.b.d.0.1.0.0.2.ip6.arpa", NULL},
		{"0.0.ip6.arpa", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asked asked = asked_of(cases[i].name);
		struct special_zone zone;
		struct reverse reverse;
		uint8_t want[300];
		struct wire name;

		assert_true(asked_reverse(&asked, &reverse));
		zone = special_reverse(&asked, &reverse);
		assert_int_equal(zone.kind, cases[i].zone ? SPECIAL_EMPTY : SPECIAL_NONE);
		if (cases[i].zone == NULL)
			continue;
		name = wire_of(cases[i].zone, want);
		assert_int_equal(asked.size - zone.at, name.size);
		assert_memory_equal(asked.name + zone.at, name.data, name.size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_reverse_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
