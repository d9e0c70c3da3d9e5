/* SPDX-License-Identifier: MIT */
/* What is wanted of a link: what is taken, what is one and the same, what follows from it. */
#include "resolver/link.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
	struct address address = {.size = 4};

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		return address;
	address.size = 16;
	assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
	return address;
}

static bool add(
	struct link_settings *settings, const char *text, uint16_t port, const char *name)
{
	struct address address = address_of(text);

	return link_add_server(settings, &address, port, name);
}

static void test_servers([[maybe_unused]] void **state)
{
	struct link_settings settings = {0};

	assert_true(add(&settings, "192.0.2.1", 0, NULL));
	assert_true(add(&settings, "192.0.2.1", 0, ""));
	assert_true(add(&settings, "192.0.2.1", 53, NULL));
	assert_true(add(&settings, "192.0.2.1", 853, NULL));
	assert_int_equal(settings.n_servers, 1);
	assert_int_equal(settings.servers[0].port, 0);
	assert_null(settings.servers[0].name);
	assert_true(add(&settings, "192.0.2.1", 5353, NULL));
	assert_true(add(&settings, "192.0.2.1", 0, "dns.example"));
	assert_true(add(&settings, "192.0.2.1", 0, "dns.example."));
	assert_true(add(&settings, "2001:db8::1", 0, "dns.example"));
	assert_int_equal(settings.n_servers, 4);
	assert_string_equal(settings.servers[2].name, "dns.example");
	link_settings_clear(&settings);
	assert_true(link_settings_empty(&settings));
}

static void test_no_servers([[maybe_unused]] void **state)
{
	static const char *const bad[] = {"0.0.0.0", "::", "127.0.0.53", "127.0.0.54"};
	static const char *const names[] = {
		"a b", "a\nSERVERS=192.0.2.9", "-a.example", "a..b", "."};
	struct link_settings settings = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(add(&settings, bad[i], 0, NULL));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_false(add(&settings, "192.0.2.1", 0, names[i]));
	assert_true(link_settings_empty(&settings));
	assert_true(add(&settings, "127.0.0.1", 0, NULL));
	link_settings_clear(&settings);
}

static void test_domains([[maybe_unused]] void **state)
{
	static const char *const bad[] = {
		"a b", "a\nb", "..", "a..b", "a\\.b", "\xc3\xa4", "-a.example"};
	struct link_settings settings = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(link_add_domain(&settings, bad[i], true));
	assert_false(link_add_domain(&settings, ".", false));
	assert_false(link_add_domain(&settings, "", false));
	assert_true(link_settings_empty(&settings));
	assert_true(link_add_domain(&settings, "Lan.Example.", true));
	assert_true(link_add_domain(&settings, "_tcp.example", false));
	assert_true(link_add_domain(&settings, ".", true));
	assert_true(link_add_domain(&settings, "", true));
	assert_int_equal(settings.n_domains, 3);
	assert_string_equal(settings.domains[0].name, "lan.example");
	assert_true(settings.domains[0].route_only);
	assert_string_equal(settings.domains[2].name, "");
	assert_true(link_add_domain(&settings, "lan.example", false));
	assert_false(settings.domains[0].route_only);
	assert_true(link_add_domain(&settings, "lan.example", true));
	assert_false(settings.domains[0].route_only);
	assert_int_equal(settings.n_domains, 3);
	link_settings_clear(&settings);
}

static void test_bounds([[maybe_unused]] void **state)
{
	struct link_settings settings = {0}, copy;
	char text[64];

	for (unsigned i = 0; i < LINK_SERVERS_MAX; i++) {
		snprintf(text, sizeof text, "10.0.%u.%u", i >> 8, 1 + (i & 254));
		assert_true(add(&settings, text, (uint16_t)(1000 + i), NULL));
	}
	assert_false(add(&settings, "192.0.2.1", 0, NULL));
	for (unsigned i = 0; i < LINK_DOMAINS_MAX; i++) {
		snprintf(text, sizeof text, "d%u.example", i);
		assert_true(link_add_domain(&settings, text, i % 2 == 0));
	}
	assert_false(link_add_domain(&settings, "more.example", true));
	assert_true(link_add_domain(&settings, "d0.example", true));
	for (unsigned i = 0; i < LINK_NEGATIVE_ANCHORS_MAX; i++)
		assert_true(link_add_negative_anchor(&settings, "a.example"));
	assert_false(link_add_negative_anchor(&settings, "a.example"));
	assert_true(link_settings_copy(&settings, &copy));
	assert_true(link_settings_same(&settings, &copy));
	copy.domains[LINK_DOMAINS_MAX - 1].route_only ^= true;
	assert_false(link_settings_same(&settings, &copy));
	link_settings_clear(&settings);
	link_settings_clear(&copy);
}

/* Each thing that may differ. */
static void test_same([[maybe_unused]] void **state)
{
	struct link_settings a = {.dnssec = LINK_MODE_PARTLY}, b;

	assert_true(add(&a, "192.0.2.1", 0, "a.example"));
	assert_true(link_add_negative_anchor(&a, "n.example"));
	assert_true(link_settings_copy(&a, &b));
	assert_true(link_settings_same(&a, &b));
	b.default_route = LINK_NO;
	assert_false(link_settings_same(&a, &b));
	b.default_route = LINK_UNSAID;
	b.llmnr = LINK_MODE_NO;
	assert_false(link_settings_same(&a, &b));
	b.llmnr = LINK_MODE_UNSAID;
	b.servers[0].name[0] = 'b';
	assert_false(link_settings_same(&a, &b));
	b.servers[0].name[0] = 'a';
	b.negative_anchors[0][0] = 'm';
	assert_false(link_settings_same(&a, &b));
	b.negative_anchors[0][0] = 'n';
	assert_true(link_settings_same(&a, &b));
	link_settings_clear(&a);
	link_settings_clear(&b);
	a.dns_over_tls = LINK_MODE_NO;
	assert_false(link_settings_empty(&a));
}

static void test_default_route([[maybe_unused]] void **state)
{
	static const struct {
		const char *domains[3]; /* with a ~: to route alone */
		enum link_choice said;
		bool want;
	} cases[] = {
		{{NULL}, LINK_UNSAID, true},
		{{NULL}, LINK_NO, false},
		{{"a.example"}, LINK_UNSAID, true},
		{{"~a.example"}, LINK_UNSAID, false},
		{{"~a.example"}, LINK_YES, true},
		{{"~."}, LINK_UNSAID, true},
		{{"~a.example", "~."}, LINK_UNSAID, true},
		{{"~.", "~a.example"}, LINK_UNSAID, true},
		{{"~."}, LINK_NO, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct link link = {.settings.default_route = cases[i].said};

		for (size_t j = 0; cases[i].domains[j] != NULL; j++) {
			bool marked = *cases[i].domains[j] == '~';

			assert_true(link_add_domain(
				&link.settings, cases[i].domains[j] + marked, marked));
		}
		assert_int_equal(link_is_default_route(&link), cases[i].want);
		link_settings_clear(&link.settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_no_servers),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_default_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
