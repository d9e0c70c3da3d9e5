/* SPDX-License-Identifier: MIT */
/* Which links there are, who may set them, and who hears of it. */
#include "fakelinks.h"
#include "resolver/links.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct fake_link LO = {1, "lo", FAKE_UP | IFF_LOOPBACK, {"127.0.0.1", "::1"}},
			      ETH = {3, "eth0", FAKE_UP, {"192.0.2.9", "fe80::1"}},
			      WLAN = {2, "wlan0", IFF_UP, {NULL}};

struct hearing {
	struct links_observer observer;
	unsigned times;
};

static void on_changed(struct links_observer *observer)
{
	container_of(observer, struct hearing, observer)->times++;
}

struct fixture {
	struct loop *loop;
	struct links *links;
	struct hearing hearing;
	struct fake_link there[8];
};

static void begin(struct fixture *f, const struct fake_link *links, size_t n)
{
	memset(f, 0, sizeof *f);
	memcpy(f->there, links, n * sizeof *links);
	fake_links(f->there, n);
	f->loop = loop_new();
	f->links = links_new(f->loop);
	assert_non_null(f->links);
	f->hearing.observer.changed = on_changed;
	links_observe(f->links, &f->hearing.observer);
	run_turn(f->loop);
	f->hearing.times = 0;
}

static void end(struct fixture *f)
{
	links_unobserve(&f->hearing.observer);
	links_free(f->links);
	loop_free(f->loop);
}

static struct link_settings settings_of(const char *domain)
{
	struct link_settings settings = {0};

	assert_true(link_add_domain(&settings, domain, true));
	return settings;
}

/* The domain that holds; "-": none. */
static const char *domain_of(const struct fixture *f, int index)
{
	const struct link *link = links_find(f->links, index);

	assert_non_null(link);
	return link->settings.n_domains > 0 ? link->settings.domains[0].name : "-";
}

static void test_what_there_is([[maybe_unused]] void **state)
{
	struct fixture f;

	begin(&f, (struct fake_link[]){ETH, LO, WLAN}, 3);
	assert_int_equal(links_at(f.links, 0)->index, 1);
	assert_int_equal(links_at(f.links, 1)->index, 2);
	assert_int_equal(links_at(f.links, 2)->index, 3);
	assert_null(links_at(f.links, 3));
	assert_null(links_find(f.links, 4));
	assert_null(links_find(f.links, -1));
	assert_true(links_find(f.links, 1)->loopback);
	assert_string_equal(links_find(f.links, 2)->name, "wlan0");
	assert_false(links_find(f.links, 2)->up);
	assert_false(links_find(f.links, 2)->has_address);
	assert_true(links_find(f.links, 3)->up);
	assert_true(links_find(f.links, 3)->has_address);
	assert_false(links_find(f.links, 3)->loopback);
	end(&f);
}

static void test_addresses([[maybe_unused]] void **state)
{
	static const struct {
		const char *address, *label;
		bool want;
	} cases[] = {
		{"192.0.2.1", NULL, true},
		{"192.0.2.1", "eth0:1", true},
		{"192.0.2.1", "eth00", false},
		{"192.0.2.1", "eth", false},
		{"169.254.1.1", NULL, false},
		{"169.253.1.1", NULL, true},
		{"fe80::1", NULL, false},
		{"fd00::1", NULL, true},
		{NULL, NULL, false},
	};
	struct fixture f;

	begin(&f, &ETH, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		f.there[0].addresses[0] = cases[i].address;
		f.there[0].addresses[1] = NULL;
		f.there[0].label = cases[i].label;
		links_network_changed(f.links);
		assert_int_equal(links_find(f.links, 3)->has_address, cases[i].want);
	}
	end(&f);
}

static void test_come_and_go([[maybe_unused]] void **state)
{
	struct link_settings settings = settings_of("a.example");
	struct fixture f;

	begin(&f, (struct fake_link[]){LO, ETH, WLAN}, 2);
	links_network_changed(f.links);
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 0);
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	f.there[2] = WLAN;
	fake_links(f.there, 3);
	links_network_changed(f.links);
	assert_non_null(links_find(f.links, 2));
	assert_string_equal(domain_of(&f, 3), "a.example");
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 1);
	/* It has another name, and is the same. */
	f.there[1].name = "lan";
	links_network_changed(f.links);
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 2);
	assert_string_equal(links_find(f.links, 3)->name, "lan");
	assert_string_equal(domain_of(&f, 3), "a.example");
	/* It goes, and what was set of it; one of that number knows nothing of it. */
	fake_links(f.there, 1);
	links_network_changed(f.links);
	assert_null(links_find(f.links, 3));
	fake_links(f.there, 2);
	links_network_changed(f.links);
	assert_string_equal(domain_of(&f, 3), "-");
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 3);
	end(&f);
}

static void test_who_may_set([[maybe_unused]] void **state)
{
	struct link_settings settings = settings_of("a.example");
	struct fixture f;

	begin(&f, (struct fake_link[]){LO, ETH}, 2);
	assert_int_equal(links_may_set(f.links, 9), LINKS_NO_SUCH_LINK);
	assert_int_equal(links_set(f.links, 9, &settings), LINKS_NO_SUCH_LINK);
	assert_null(settings.domains);
	settings = settings_of("a.example");
	assert_int_equal(links_set(f.links, 1, &settings), LINKS_BUSY);
	assert_null(settings.domains);
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 0);
	settings = settings_of("a.example");
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	assert_null(settings.domains);
	settings = settings_of("a.example");
	run_turn(f.loop);
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 1);
	end(&f);
}

/* What others had set waits while systemd-networkd looks after the link. */
static void test_managed([[maybe_unused]] void **state)
{
	struct link_settings settings = settings_of("other.example");
	struct fixture f;

	begin(&f, &ETH, 1);
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	settings = settings_of("networkd.example");
	links_set_managed(f.links, 3, true, &settings);
	assert_null(settings.domains);
	assert_string_equal(domain_of(&f, 3), "networkd.example");
	assert_true(links_find(f.links, 3)->managed);
	assert_int_equal(links_may_set(f.links, 3), LINKS_BUSY);
	settings = settings_of("another.example");
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_BUSY);
	settings = settings_of("networkd2.example");
	links_set_managed(f.links, 3, true, &settings);
	assert_string_equal(domain_of(&f, 3), "networkd2.example");
	settings = settings_of("forgotten.example");
	links_set_managed(f.links, 3, false, &settings);
	assert_null(settings.domains);
	assert_string_equal(domain_of(&f, 3), "other.example");
	assert_int_equal(links_may_set(f.links, 3), LINKS_OK);
	settings = settings_of("nobody.example");
	links_set_managed(f.links, 9, true, &settings);
	assert_null(settings.domains);
	end(&f);
}

static void test_settle([[maybe_unused]] void **state)
{
	struct link_settings settings = settings_of("a.example");
	struct fixture f;

	begin(&f, &ETH, 1);
	links_settle(f.links);
	assert_int_equal(f.hearing.times, 0);
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	links_settle(f.links);
	assert_int_equal(f.hearing.times, 1);
	run_turn(f.loop);
	assert_int_equal(f.hearing.times, 1);
	end(&f);
}

/* It is freed while a turn is still to come. */
static void test_freed_with_news([[maybe_unused]] void **state)
{
	struct link_settings settings = settings_of("a.example");
	struct fixture f;

	begin(&f, &ETH, 1);
	assert_int_equal(links_set(f.links, 3, &settings), LINKS_OK);
	end(&f);
	assert_int_equal(f.hearing.times, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_there_is),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_who_may_set),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_freed_with_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
