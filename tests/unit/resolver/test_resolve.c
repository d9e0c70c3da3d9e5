/* SPDX-License-Identifier: MIT */
/* Addresses, names, and records, from all places where they can come from. */
#include "asking.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct hostname_case {
	const char *name;
	int family;
	uint64_t flags;
	const char *want;
	unsigned asked; /* of the server */
};

static void check(struct world *world, const struct hostname_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hostname_case *c = &cases[i];
		const char *got = world_hostname(world, c->name, c->family, c->flags);
		unsigned asked = world_asked(world);

		if (strcmp(got, c->want) != 0 || asked != c->asked)
			fail_msg("%s: %s, not %s; asked: %u, not %u", c->name, got, c->want,
				asked, c->asked);
	}
}

#define CHECK(world, cases) check(world, cases, sizeof(cases) / sizeof *(cases))

/* Nobody is asked. */
static void test_here([[maybe_unused]] void **state)
{
	static const struct hostname_case cases[] = {
		{"192.0.2.7", AF_UNSPEC, 0, "192.0.2.7: 192.0.2.7 [LAP]", 0},
		{"2001:DB8:0::7", AF_INET6, RESOLVE_NO_NETWORK,
			"2001:db8::7: 2001:db8::7 [LAP]", 0},
		{"fe80::7%5", AF_UNSPEC, 0, "fe80::7: fe80::7%5 [LAP]", 0},
		{"fe80::7%no-such-link", AF_UNSPEC, 0,
			"! Invalid hostname 'fe80::7%no-such-link'", 0},
		{"192.0.2.7", AF_INET6, 0,
			"! '192.0.2.7' does not have any RR of the requested type", 0},
		{"2001:db8::g", AF_UNSPEC, 0, "! Invalid hostname '2001:db8::g'", 0},
		{"localhost", AF_UNSPEC, 0, "localhost: 127.0.0.1 ::1 [LAP]", 0},
		{"x.LocalHost.", AF_INET, RESOLVE_NO_NETWORK, "x.LocalHost: 127.0.0.1 [LAP]",
			0},
		{"localhost", AF_INET, RESOLVE_MDNS_IPV4, "localhost: 127.0.0.1 [LAP]", 0},
		{"localhost", AF_INET, RESOLVE_NO_SYNTHESIZE,
			"! No server may be asked for 'localhost'", 0},
		{"x.invalid", AF_UNSPEC, 0, "! Name 'x.invalid' not found", 0},
		{"x.invalid", AF_UNSPEC, RESOLVE_NO_SYNTHESIZE,
			"! No server may be asked for 'x.invalid'", 0},
		{"label", AF_UNSPEC, 0, "! Name 'label' not found", 0},
		{".", AF_UNSPEC, RESOLVE_NO_NETWORK,
			"! All suitable resolution sources turned off", 0},
	};
	struct world *world = world_new("");

	CHECK(world, cases);
	world_free(world);
}

static void test_wrong([[maybe_unused]] void **state)
{
	char label[] = "0123456789012345678901234567890123456789012345678901234567890123.test";
	const struct hostname_case cases[] = {
		{"", AF_UNSPEC, 0, "! Invalid hostname ''", 0},
		{"a..b", AF_UNSPEC, 0, "! Invalid hostname 'a..b'", 0},
		{"a\033[31m", AF_UNSPEC, 0, "! Invalid hostname 'a?[31m'", 0},
		{"\xff.test", AF_UNSPEC, 0, "! Invalid hostname '?.test'", 0},
		{"www.test", 99, 0, "! Unknown address family", 0},
		{"www.test", AF_UNSPEC, RESOLVE_AUTHENTICATED, "! Invalid flags parameter", 0},
		{"www.test", AF_UNSPEC, RESOLVE_NO_TXT, "! Invalid flags parameter", 0},
		{"www.test", AF_UNSPEC, UINT64_C(1) << 16, "! Invalid flags parameter", 0},
		{"www.test", AF_UNSPEC, UINT64_C(1) << 63, "! Invalid flags parameter", 0},
		{label + 1, AF_UNSPEC, 0,
			"! Name '1234567890123456789012345678901234567890123"
			"45678901234567890123.test' not found",
			2},
	};
	struct world *world = world_new("");
	struct resolve_request request = {
		.kind = RESOLVE_HOSTNAME, .name = "localhost", .interface = 7};

	CHECK(world, cases);
	world_hostname(world, label, AF_UNSPEC, 0);
	assert_int_equal(world_err(world), RESOLVE_INVALID_NAME);
	assert_string_equal(world_resolve(world, &request), "! There is no such link");
	request.interface = -1;
	assert_string_equal(world_resolve(world, &request), "! There is no such link");
	world_add_link(7, "");
	request.interface = 7;
	assert_string_equal(world_resolve(world, &request), "localhost: 127.0.0.1 ::1 [LAP]");
	world_free(world);
}

/* The server's answers come in plain text: they are not said to be private, then or later. */
static void test_network([[maybe_unused]] void **state)
{
	static const struct hostname_case cases[] = {
		{"www.test", AF_UNSPEC, RESOLVE_NO_NETWORK,
			"! All suitable resolution sources turned off", 0},
		{"www.test", AF_UNSPEC, RESOLVE_LLMNR_IPV4,
			"! No server may be asked for 'www.test'", 0},
		{"WWW.test.", AF_UNSPEC, 0, "WWW.test: 192.0.2.1 192.0.2.2 2001:db8::1 [N]", 2},
		{"www.test", AF_UNSPEC, 0, "www.test: 192.0.2.1 192.0.2.2 2001:db8::1 [C]", 0},
		{"www.test", AF_INET, RESOLVE_NO_NETWORK, "www.test: 192.0.2.1 192.0.2.2 [C]",
			0},
		{"www.test", AF_INET, RESOLVE_NO_CACHE, "www.test: 192.0.2.1 192.0.2.2 [N]", 1},
		{"www.test", AF_INET, RESOLVE_NO_SYNTHESIZE,
			"www.test: 192.0.2.1 192.0.2.2 [N]", 1},
		{"www.test", AF_INET, RESOLVE_NO_VALIDATE, "www.test: 192.0.2.1 192.0.2.2 [N]",
			1},
		{"four.test", AF_UNSPEC, 0, "four.test: 192.0.2.4 [N]", 2},
		{"four.test", AF_INET6, RESOLVE_NO_STALE,
			"! 'four.test' does not have any RR of the requested type", 1},
		{"half.test", AF_UNSPEC, 0, "half.test: 192.0.2.5 [N]", 2},
		{"alias.test", AF_UNSPEC, 0, "www.test: 192.0.2.1 192.0.2.2 2001:db8::1 [N]",
			2},
		{"alias.test", AF_INET, RESOLVE_NO_CNAME,
			"! 'alias.test' is an alias, and no further one is followed", 0},
		{"step1.test", AF_INET, 0, "www.test: 192.0.2.1 192.0.2.2 [CN]", 2},
		{"step3.test", AF_INET, 0, "! Name 'step3.test' not found", 2},
		{"step4.test", AF_INET, 0,
			"! 'step4.test' does not have any RR of the requested type", 9},
		{"lost.test", AF_UNSPEC, 0, "! Name 'lost.test' not found", 2},
		{"text.test", AF_UNSPEC, 0,
			"! 'text.test' does not have any RR of the requested type", 2},
		{"fail.test", AF_UNSPEC, 0,
			"! Could not resolve 'fail.test', server or network returned error "
			"SERVFAIL: bl?ocked",
			2},
		{"bogus.test", AF_INET, 0,
			"! DNSSEC validation of 'bogus.test' failed: DNSSEC Bogus", 1},
	};
	struct world *world = world_new("");

	CHECK(world, cases);
	assert_int_equal(world_err(world), RESOLVE_DNSSEC_FAILED);
	world_free(world);
}

/* Nobody is there for what is no route's. The reason is told. */
static void test_unreachable([[maybe_unused]] void **state)
{
	struct world *world = world_new("");
	const char *got = world_hostname(world, "www.example", AF_UNSPEC, 0);

	assert_non_null(strstr(got, "! Could not resolve 'www.example', server or network "
				    "returned error SERVFAIL: "));
	/* qemu-user hands on the number that it was given, which another machine reads
	 * otherwise. */
	if (getenv("CTRESOLVED_EMULATED") == NULL)
		assert_non_null(strstr(got, "Connection refused"));
	assert_int_equal(world_err(world), RESOLVE_DNS_ERROR);
	world_free(world);
}

static void test_timeout([[maybe_unused]] void **state)
{
	struct world *world = world_new("[Transport]\nQueryTimeoutSec=500ms");

	const char *got = world_hostname(world, "mute.test", AF_INET, 0);

	assert_non_null(strstr(got, "! Could not resolve 'mute.test', server or network "
				    "returned error SERVFAIL: "));
	assert_non_null(strstr(got, " answer"));
	world_free(world);
}

static void test_search([[maybe_unused]] void **state)
{
	static const struct hostname_case cases[] = {
		{"host", AF_INET, 0, "host.two.test: 192.0.2.22 [N]", 2},
		{"host.", AF_INET, 0, "! Name 'host.' not found", 0},
		{"host", AF_INET, RESOLVE_NO_SEARCH, "! Name 'host' not found", 0},
		{"localhost", AF_INET, 0, "localhost: 127.0.0.1 [LAP]", 0},
		{"_gateway", AF_INET, RESOLVE_NO_SYNTHESIZE,
			"! No server may be asked for '_gateway'", 3},
		/* It exists in the first. */
		{"empty", AF_INET, 0, "! 'empty' does not have any RR of the requested type",
			1},
		/* In the next there may be another one. */
		{"fail", AF_INET, 0,
			"! Could not resolve 'fail', server or network returned error "
			"SERVFAIL: bl?ocked",
			1},
		{"host.two", AF_INET, RESOLVE_NO_NETWORK,
			"! All suitable resolution sources turned off", 0},
		{"none", AF_INET, RESOLVE_NO_NETWORK, "! Name 'none' not found", 0},
	};
	struct resolve_request request = {
		.kind = RESOLVE_HOSTNAME, .name = "host", .family = AF_INET, .interface = 3};
	struct world *world = world_new("Domains=~nowhere.test one.test two.test");

	/* Nothing is searched for in all of "com", nor in what is routed alone. */
	world_add_link(2, "com");
	world_add_link(3, "~two.test three.test");
	CHECK(world, cases);
	assert_string_equal(world_resolve(world, &request), "host.three.test: 192.0.2.33 [N]");
	request.interface = 2;
	assert_string_equal(world_resolve(world, &request), "! Name 'host' not found");
	world_free(world);
}

/* Whoever may say what is searched for. */
static void test_search_bound([[maybe_unused]] void **state)
{
	struct world *world = world_new("");
	char domains[4096] = "";

	for (unsigned i = 0; i < 200; i++)
		snprintf(domains + strlen(domains), sizeof domains - strlen(domains),
			"d%u.test ", i);
	world_add_link(2, domains);
	assert_string_equal(
		world_hostname(world, "host", AF_INET, 0), "! Name 'host' not found");
	assert_int_equal(world_asked(world), 64);
	world_free(world);
}

static void test_single_label([[maybe_unused]] void **state)
{
	static const struct hostname_case cases[] = {
		{"test", AF_INET, 0, "! Name 'test' not found", 1}, /* a route's */
		{"label", AF_INET, RESOLVE_NO_NETWORK, "! Name 'label' not found", 0},
		{"label", AF_INET, RESOLVE_NO_NETWORK | RESOLVE_RELAX_SINGLE_LABEL,
			"! All suitable resolution sources turned off", 0},
	};
	struct world *world = world_new("");

	CHECK(world, cases);
	world_free(world);
}

static void check_address(struct world *world, struct address address, const char *want)
{
	struct resolve_request request = {.kind = RESOLVE_ADDRESS, .address = address};

	assert_string_equal(world_resolve(world, &request), want);
}

static void test_address([[maybe_unused]] void **state)
{
	struct world *world = world_new("");

	check_address(world, (struct address){{127, 0, 0, 1}, 4}, "localhost [LAP]");
	check_address(world, (struct address){{[15] = 1}, 16}, "localhost [LAP]");
	check_address(
		world, (struct address){{198, 51, 100, 1}, 4}, "www.test a\\032b.test [N]");
	check_address(world, (struct address){{198, 51, 100, 250}, 4},
		"! Name '198.51.100.250' not found");
	check_address(
		world, (struct address){{203, 0, 113, 9}, 4}, "! Name '203.0.113.9' not found");
	check_address(world, (struct address){{0x20, 1, 0x0d, 0xb8, [15] = 0x1a}, 16},
		"! Name '2001:db8::1a' not found");
	check_address(world, (struct address){.size = 5}, "! Unknown address family");
	world_free(world);
}

static void test_record([[maybe_unused]] void **state)
{
	static const struct {
		const char *name;
		uint16_t class, type;
		const char *want;
	} cases[] = {
		{"text.test", CLASS_IN, TYPE_TXT, "text.test. TXT \"hello\" \"\" \"you\"; [N]"},
		{"mail.test", CLASS_IN, TYPE_TXT, "text.test. TXT \"hello\" \"\" \"you\"; [N]"},
		{"alias.test", CLASS_IN, TYPE_CNAME, "alias.test. CNAME second.test.; [N]"},
		{"step1.test", CLASS_IN, TYPE_A,
			"www.test. A 192.0.2.1;www.test. A 192.0.2.2; [N]"},
		{"_no._tcp.test", CLASS_IN, TYPE_SRV, "_no._tcp.test. SRV 0 0 0 .; [N]"},
		{"www.test", CLASS_IN, TYPE_SRV,
			"! 'www.test' does not have any RR of the requested type"},
		{"www.test", CLASS_IN, TYPE_ANY, "www.test. HINFO \"RFC8482\" \"\"; [LAP]"},
		{"localhost", CLASS_IN, TYPE_A, "localhost. A 127.0.0.1; [LAP]"},
		{"www.test", CLASS_CH, TYPE_TXT,
			"! Could not resolve 'www.test', server or network returned error "
			"REFUSED"},
		{"www.test", CLASS_IN, TYPE_OPT, "! No data are of the requested type"},
		{"www.test", CLASS_IN, TYPE_AXFR, "! No data are of the requested type"},
		{"www.test", CLASS_IN, 250, "! No data are of the requested type"},
		{"www.test", CLASS_IN, 0, "! No data are of the requested type"},
		{"a..b", CLASS_IN, TYPE_A, "! Invalid hostname 'a..b'"},
	};
	struct world *world = world_new("");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct resolve_request request = {.kind = RESOLVE_RECORD,
			.name = cases[i].name,
			.class = cases[i].class,
			.rrtype = cases[i].type};

		assert_string_equal(world_resolve(world, &request), cases[i].want);
	}
	world_free(world);
}

/* An address that means nothing without an interface is told with the one that was asked about.
 */
static void test_interface([[maybe_unused]] void **state)
{
	struct resolve_request request = {
		.kind = RESOLVE_HOSTNAME, .name = "near.test", .interface = 4};
	struct world *world = world_new("");

	world_add_link(4, "");
	assert_string_equal(world_resolve(world, &request), "near.test: fe80::1%4 [N]");
	request.name = "www.test";
	request.family = AF_INET;
	assert_string_equal(
		world_resolve(world, &request), "www.test: 192.0.2.1 192.0.2.2 [N]");
	world_free(world);
}

static void on_unwanted(void *owner, const struct resolve_end *end)
{
	(void)end;
	++*(unsigned *)owner;
}

static void test_cancel([[maybe_unused]] void **state)
{
	const struct resolve_request request = {.kind = RESOLVE_HOSTNAME, .name = "mute.test"};
	struct world *world = world_new("");
	struct resolver *resolver = world_resolver(world);
	struct resolving *lookups[1024];
	unsigned told = 0;

	resolving_cancel(resolve(resolver, &request, on_unwanted, &told));
	resolving_cancel(NULL);
	for (size_t i = 0; i < 1024; i++) {
		lookups[i] = resolve(resolver, &request, on_unwanted, &told);
		assert_non_null(lookups[i]);
	}
	assert_null(resolve(resolver, &request, on_unwanted, &told));
	resolving_cancel(lookups[0]);
	world_hostname(world, "localhost", AF_UNSPEC, 0);
	for (size_t i = 1; i < 1024; i++)
		resolving_cancel(lookups[i]);
	assert_int_equal(told, 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_here),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_bound),
		cmocka_unit_test(test_single_label),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
