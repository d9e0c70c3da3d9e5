/* SPDX-License-Identifier: MIT */
#include "asking.h"
#include "resolver/resolve_lookup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name, *type, *domain;
	int family;
	uint64_t flags;
	const char *want;
	unsigned asked;
} cases[] = {
	/* The worst of its hosts is not there. */
	{"", "_ipp._tcp", "test", AF_INET, 0,
		"'' '_ipp._tcp' 'test'; 10 9 633 nothing.test; "
		"10 5 632 alias.test=www.test 192.0.2.1 192.0.2.2; "
		"20 0 631 www.test 192.0.2.1 192.0.2.2 [N]",
		5},
	{"", "", "_ipp._tcp.test.", AF_INET, RESOLVE_NO_ADDRESS,
		"'' '_ipp._tcp' 'test'; 10 9 633 nothing.test; 10 5 632 alias.test; "
		"20 0 631 www.test [CN]",
		1},
	{"A.b c", "_ipp._tcp.", "test", AF_UNSPEC, 0,
		"'A.b c' '_ipp._tcp' 'test'; 1 2 3 four.test 192.0.2.4; "
		"\"hello\" \"\" \"you\" [N]",
		4},
	{"A.b c", "_ipp._tcp", "test", AF_UNSPEC, RESOLVE_NO_TXT | RESOLVE_NO_ADDRESS,
		"'A.b c' '_ipp._tcp' 'test'; 1 2 3 four.test [C]", 0},
	{"", "_no._tcp", "test", AF_UNSPEC, 0,
		"! '_no._tcp.test' says that there is no such service", 2},
	/* What is told is the last failure of its hosts. */
	{"", "_lost._tcp", "test", AF_INET, RESOLVE_NO_TXT,
		"! Could not resolve 'fail.test', server or network returned error SERVFAIL: "
		"bl?ocked",
		3},
	{"", "_none._tcp", "test", AF_UNSPEC, 0, "! Name '_none._tcp.test' not found", 2},
	{"", "_ipp._tcp", "test", AF_UNSPEC, RESOLVE_NO_NETWORK | RESOLVE_NO_CACHE,
		"! All suitable resolution sources turned off", 0},
	{"", "_ipp._tcp", "", AF_UNSPEC, 0, "! Invalid hostname ''", 0},
	{"name", "", "test", AF_UNSPEC, 0, "! Invalid hostname 'name'", 0},
	{"na\tme", "_ipp._tcp", "test", AF_UNSPEC, 0, "! Invalid hostname 'na?me'", 0},
	{"", "ipp._tcp", "test", AF_UNSPEC, 0, "! Invalid hostname 'ipp._tcp'", 0},
	{"", "_ipp", "test", AF_UNSPEC, 0, "! Invalid hostname '_ipp'", 0},
	{"", "_ipp._tcp.test", "test", AF_UNSPEC, 0, "! Invalid hostname '_ipp._tcp.test'", 0},
	{"", "_._tcp", "test", AF_UNSPEC, 0, "! Invalid hostname '_._tcp'", 0},
	{"", "_ipp._tcp", "test", 3, 0, "! Unknown address family", 0},
	{"", "_ipp._tcp", "test", AF_UNSPEC, RESOLVE_NO_SEARCH, "! Invalid flags parameter", 0},
};

static void test_cases([[maybe_unused]] void **state)
{
	struct world *world = world_new("");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got =
			world_resolve(world, &(struct resolve_request){.kind = RESOLVE_SERVICE,
						     .name = cases[i].name,
						     .type = cases[i].type,
						     .domain = cases[i].domain,
						     .family = cases[i].family,
						     .flags = cases[i].flags});
		unsigned asked = world_asked(world);

		if (strcmp(got, cases[i].want) != 0 || asked != cases[i].asked)
			fail_msg("%zu: %s, not %s; asked: %u, not %u", i, got, cases[i].want,
				asked, cases[i].asked);
	}
	world_free(world);
}

static void on_unwanted(
	[[maybe_unused]] void *owner, [[maybe_unused]] const struct resolve_end *end)
{
	fail();
}

/* With its hosts under way, too. */
static void test_cancel([[maybe_unused]] void **state)
{
	const struct resolve_request request = {
		.kind = RESOLVE_SERVICE, .name = "", .type = "_ipp._tcp", .domain = "test"};
	struct world *world = world_new("");
	struct resolving *lookup;

	/* In the cache: then it goes on to its hosts within a turn of the loop. */
	world_resolve(world, &(struct resolve_request){.kind = RESOLVE_SERVICE,
				     .name = "",
				     .type = "_ipp._tcp",
				     .domain = "test",
				     .flags = RESOLVE_NO_ADDRESS});
	lookup = resolve(world_resolver(world), &request, on_unwanted, NULL);
	world_hostname(world, "localhost", AF_UNSPEC, 0);
	resolving_cancel(lookup);
	world_hostname(world, "localhost", AF_UNSPEC, 0);
	world_free(world);
}

enum { MANY = 500 };

struct many {
	struct world *world;
	unsigned told;
	size_t most; /* under way at a time */
};

static void on_one_of_many(void *owner, [[maybe_unused]] const struct resolve_end *end)
{
	struct many *many = owner;
	struct resolver *resolver = world_resolver(many->world);

	if (resolver->n > many->most)
		many->most = resolver->n;
	if (++many->told == MANY)
		loop_stop(world_loop(many->world));
}

/* Many of them, with twice as many hosts: there is room for others. */
static void test_room_for_others([[maybe_unused]] void **state)
{
	const struct resolve_request request = {.kind = RESOLVE_SERVICE,
		.name = "",
		.type = "_ipp._tcp",
		.domain = "test",
		.flags = RESOLVE_NO_TXT};
	struct many many = {.world = world_new("")};

	for (size_t i = 0; i < MANY; i++)
		assert_non_null(
			resolve(world_resolver(many.world), &request, on_one_of_many, &many));
	loop_run(world_loop(many.world));
	assert_in_range(many.most, MANY + 1, RESOLVE_HOSTS_MAX);
	world_free(many.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cancel), cmocka_unit_test(test_room_for_others)};

	return cmocka_run_group_tests_name("resolve_service", tests, NULL, NULL);
}
