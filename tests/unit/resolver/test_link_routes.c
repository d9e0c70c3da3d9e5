/* SPDX-License-Identifier: MIT */
#include "resolver/link_routes.h"
#include "resolver/links.h"
#include "resolver/local.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The links of this test, in the place of this machine's. */
static struct link all[3];
static size_t n_all;

const struct link *links_at(const struct links *links, size_t i)
{
	(void)links;
	return i < n_all ? &all[i] : NULL;
}

struct fixture {
	struct loop *loop;
	struct surroundings around;
	struct snapshot *snapshot;
};

static struct link *add_link(const char *name)
{
	struct link *link = &all[n_all++];

	*link = (struct link){.index = (int)n_all + 1, .up = true, .has_address = true};
	memcpy(link->name, name, strlen(name));
	return link;
}

static void add_server(struct link *link, const char *text, uint16_t port, const char *name)
{
	struct address address = {.size = strchr(text, ':') == NULL ? 4 : 16};

	assert_int_equal(
		inet_pton(address.size == 4 ? AF_INET : AF_INET6, text, address.bytes), 1);
	assert_true(link_add_server(&link->settings, &address, port, name));
}

static void set_up(struct fixture *f, const char *options)
{
	static struct clock clock;
	char text[512];
	struct conf_errors errors;
	struct conf *conf;

	snprintf(text, sizeof text, "[CertificateTransparency]\nLogList=%s\n%s", LOG_LIST,
		options);
	conf = conf_parse("f", text, strlen(text), &errors);
	assert_non_null(conf);
	f->loop = loop_new();
	f->around = (struct surroundings){.loop = f->loop, .clock = &clock};
	f->snapshot = snapshot_of(conf, NULL);
	assert_non_null(f->snapshot);
	assert_true(snapshot_complete(f->snapshot, &f->around));
	n_all = 0;
}

static void tear_down(struct fixture *f)
{
	snapshot_unref(f->snapshot);
	loop_free(f->loop);
	for (size_t i = 0; i < n_all; i++)
		link_settings_clear(&all[i].settings);
}

/* room: zeroes. */
static struct wire question_of(const char *name, uint8_t room[300])
{
	size_t at = 0;

	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		room[at] = (uint8_t)label;
		memcpy(room + at + 1, name, label);
		at += 1 + label;
		name += label + (name[label] == '.');
	}
	room[at + 2] = TYPE_A;
	room[at + 4] = CLASS_IN;
	return (struct wire){room, at + 5};
}

/* Who is asked for a name: "default", "route", or "LINK"; with " plain" if it is plain text. */
static const char *asked_of(struct fixture *f, const char *name)
{
	static char said[64];
	uint8_t question[300] = {0};
	struct way way = snapshot_route(f->snapshot, question_of(name, question));

	snprintf(said, sizeof said, "%s%s%s",
		way.link != NULL ? way.link->name
		: way.is_default ? "default"
				 : "route",
		way.link != NULL && way.is_default ? " default" : "",
		way.link != NULL && way.link->plain ? " plain" : "");
	if (way.link != NULL)
		assert_int_equal(set_endpoint(way.set, 0)->protocol,
			way.link->plain ? PROTOCOL_PLAIN : PROTOCOL_TLS);
	return said;
}

/* DHCP's search domain "com" and its server, which all of us might meet. */
static void hostile(struct link *link)
{
	add_server(link, "10.0.0.53", 0, NULL);
	assert_true(link_add_domain(&link->settings, "com", false));
	assert_true(link_add_domain(&link->settings, "co.uk", false));
	assert_true(link_add_domain(&link->settings, "corp.example", false));
	assert_true(link_add_domain(&link->settings, "org", true));
	assert_true(link_add_domain(&link->settings, "secret.example", true));
	assert_true(link_add_domain(&link->settings, "lan", false));
	assert_true(link_add_domain(&link->settings, ".", true));
}

static void test_ignored([[maybe_unused]] void **state)
{
	static const char *const names[] = {
		"a.com", "a.co.uk", "corp.example", "a.org", "secret.example", "lan", "a.net"};
	struct fixture f;

	set_up(&f, "");
	hostile(add_link("eth0"));
	assert_false(link_routes_follow(f.snapshot, &f.around, NULL));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(asked_of(&f, names[i]), "default");
	tear_down(&f);
}

static void test_dot([[maybe_unused]] void **state)
{
	struct fixture f;

	set_up(&f, "[Resolve]\nLinkServers=dot\n");
	hostile(add_link("eth0"));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	/* Everybody's names are not searched for there; what is routed there alone, is. */
	assert_string_equal(asked_of(&f, "x.corp.example"), "eth0");
	assert_string_equal(asked_of(&f, "secret.example"), "eth0");
	assert_string_equal(asked_of(&f, "host.lan"), "eth0");
	assert_string_equal(asked_of(&f, "a.org"), "eth0");
	/* ~. has the rest. */
	assert_string_equal(asked_of(&f, "a.com"), "eth0 default");
	tear_down(&f);

	set_up(&f, "[Resolve]\nLinkServers=dot\nDomains=~.\n");
	hostile(add_link("eth0"));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "a.com"), "default");
	assert_string_equal(asked_of(&f, "a.co.uk"), "default");
	assert_string_equal(asked_of(&f, "x.corp.example"), "eth0");
	tear_down(&f);
}

static void test_plain([[maybe_unused]] void **state)
{
	struct fixture f;

	set_up(&f, "[Resolve]\nLinkServers=dot tun*:allow-plain\n");
	hostile(add_link("tun0"));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "x.secret.example"), "tun0 plain");
	/* Only what is routed there alone, and neither everybody's names nor the rest. */
	assert_string_equal(asked_of(&f, "corp.example"), "default");
	assert_string_equal(asked_of(&f, "a.org"), "default");
	assert_string_equal(asked_of(&f, "a.com"), "default");
	assert_string_equal(asked_of(&f, "host.lan"), "default");
	tear_down(&f);
}

static void test_precedence([[maybe_unused]] void **state)
{
	struct fixture f;
	struct link *link;

	set_up(&f, "[Resolve]\nLinkServers=dot\nDomains=own.example\n"
		   "[Route]\nDomains=~corp.example\nDNS=9.9.9.9\n");
	link = add_link("eth0");
	add_server(link, "10.0.0.53", 0, "dns.corp.example");
	assert_true(link_add_domain(&link->settings, "corp.example", true));
	assert_true(link_add_domain(&link->settings, "own.example", true));
	assert_true(link_add_domain(&link->settings, "deep.corp.example", true));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "a.corp.example"), "route");
	assert_string_equal(asked_of(&f, "a.own.example"), "default");
	assert_string_equal(asked_of(&f, "a.deep.corp.example"), "eth0");
	tear_down(&f);
}

/* A name that has its upstreams in the configuration is not asked in plain text, however much
 * of it a link claims. */
static void test_plain_takes_nothing_configured([[maybe_unused]] void **state)
{
	struct fixture f;
	struct link *link;

	set_up(&f, "[Resolve]\nLinkServers=tun0:allow-plain\nDomains=own.example\n"
		   "[Route]\nDomains=~corp.example\nDNS=9.9.9.9\n");
	link = add_link("tun0");
	add_server(link, "10.0.0.53", 0, NULL);
	assert_true(link_add_domain(&link->settings, "hr.corp.example", true));
	assert_true(link_add_domain(&link->settings, "deep.own.example", true));
	assert_true(link_add_domain(&link->settings, "other.example", true));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "a.hr.corp.example"), "route");
	assert_string_equal(asked_of(&f, "a.deep.own.example"), "default");
	assert_string_equal(asked_of(&f, "a.other.example"), "tun0 plain");
	tear_down(&f);
}

static void test_changes([[maybe_unused]] void **state)
{
	struct fixture f;
	struct link *first, *second;
	const struct upstream_set *set;

	set_up(&f, "[Resolve]\nLinkServers=dot\n");
	first = add_link("eth0");
	second = add_link("wlan0");
	add_server(first, "10.0.0.53", 0, NULL);
	add_server(second, "fd00::53", 8853, NULL);
	assert_true(link_add_domain(&first->settings, "one.example", true));
	assert_true(link_add_domain(&second->settings, "two.example", true));
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "a.two.example"), "wlan0");
	set = f.snapshot->link_routes[0]->route.set;

	/* Nothing has. What is asked for besides makes no difference, either. */
	first->settings.dns_over_tls = LINK_MODE_NO;
	assert_false(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_ptr_equal(f.snapshot->link_routes[0]->route.set, set);
	/* One goes down: the other one keeps its connections. */
	second->up = false;
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "a.two.example"), "default");
	assert_string_equal(asked_of(&f, "a.one.example"), "eth0");
	assert_ptr_equal(f.snapshot->link_routes[0]->route.set, set);
	/* Another server is another route. */
	add_server(first, "10.0.0.54", 0, NULL);
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_non_null(set_endpoint(f.snapshot->link_routes[0]->route.set, 1));
	tear_down(&f);
}

static void nothing([[maybe_unused]] struct local_owner *owner)
{
}

/* Is it answered here, as a name that only means something in a network? */
static bool is_answered_here(struct fixture *f, const char *name)
{
	struct local_owner owner = {nothing};
	struct local *local = local_new(f->loop, &owner);
	uint8_t question[300] = {0}, answer[LOCAL_ANSWER_MAX];
	struct request request = {.question = question_of(name, question), .type = TYPE_A};
	bool here;

	assert_non_null(local);
	assert_true(local_configure(local, f->snapshot->conf));
	local_follow_links(local, f->snapshot->link_routes, f->snapshot->n_link_routes);
	here = local_answer(local, &request, answer) > 0;
	local_free(local);
	return here;
}

static void test_names_of_networks([[maybe_unused]] void **state)
{
	struct fixture f;
	struct link *link;

	set_up(&f, "[Resolve]\nLinkServers=dot\n");
	link = add_link("eth0");
	assert_true(link_add_domain(&link->settings, "home.arpa", true));
	add_server(link, "fe80::1", 0, NULL);
	(void)link_routes_follow(f.snapshot, &f.around, NULL);
	assert_true(is_answered_here(&f, "nas.home.arpa"));
	add_server(link, "fd00::53", 0, NULL);
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_false(is_answered_here(&f, "nas.home.arpa"));
	tear_down(&f);
}

static void test_servers([[maybe_unused]] void **state)
{
	struct fixture f;
	struct link *link;

	set_up(&f, "[Resolve]\nLinkServers=eth0:allow-plain\n");
	link = add_link("eth0");
	/* It lacks its interface. */
	add_server(link, "fe80::1", 0, NULL);
	assert_true(link_add_domain(&link->settings, "corp.example", true));
	assert_false(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "corp.example"), "default");
	add_server(link, "fd00::53", 0, "a.name");
	assert_true(link_routes_follow(f.snapshot, &f.around, NULL));
	assert_string_equal(asked_of(&f, "corp.example"), "eth0 plain");
	assert_string_equal(set_endpoint(f.snapshot->link_routes[0]->route.set, 0)->text,
		"plain://[fd00::53]");
	assert_null(set_endpoint(f.snapshot->link_routes[0]->route.set, 1));
	tear_down(&f);
}

static void test_public_suffix([[maybe_unused]] void **state)
{
	assert_true(public_suffix("com"));
	assert_true(public_suffix("co.uk"));
	assert_true(public_suffix("github.io"));
	assert_false(public_suffix("example.com"));
	assert_false(public_suffix("lan"));
	assert_false(public_suffix("corp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_dot),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_plain_takes_nothing_configured),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_names_of_networks),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_public_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
