/* SPDX-License-Identifier: MIT */
#include "resolver/routes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME(text) ((struct wire){(const uint8_t *)(text "\0\0\1\0\1"), sizeof(text) - 1 + 5})

static bool claims(const struct conf *conf, struct wire question)
{
	struct asked asked;

	asked_read(question, &asked);
	return routes_claim(conf, &asked);
}

static const struct route *find(
	const struct conf *conf, const struct route *routes, size_t n, struct wire question)
{
	struct asked asked;
	size_t longest;

	asked_read(question, &asked);
	longest = routes_longest(conf->domains, conf->n_domains, &asked, 0);
	return routes_find(routes, n, &asked, &longest);
}

static void test_find([[maybe_unused]] void **state)
{
	struct conf_domain corp[] = {{.name = "corp.example"}, {.name = "10.in-addr.arpa"}};
	struct conf_domain deep[] = {{.name = "a.corp.example"}};
	struct conf_route conf[] = {
		{.domains = corp, .n_domains = 2}, {.domains = deep, .n_domains = 1}};
	struct route routes[] = {{.conf = &conf[0]}, {.conf = &conf[1]}};
	struct conf_domain own[] = {{.name = ""}, {.name = "c.a.corp.example"}};
	struct conf whole = {.domains = own, .n_domains = 2, .routes = conf, .n_routes = 2};
	struct {
		struct wire question;
		const struct route *want;
	} cases[] = {
		{NAME("\4corp\7example"), &routes[0]},
		{NAME("\1x\4CoRp\7exAmple"), &routes[0]},
		{NAME("\1a\4corp\7example"), &routes[1]},
		{NAME("\1b\1a\4corp\7example"), &routes[1]},
		/* The default route's own. */
		{NAME("\1c\1a\4corp\7example"), NULL},
		{NAME("\2ba\4corp\7example"), &routes[0]},
		{NAME("\5xcorp\7example"), NULL},
		{NAME("\7example"), NULL},
		{NAME("\4corp\7example\3com"), NULL},
		/* A dot within a label is not one between labels. */
		{NAME("\14corp.example"), NULL},
		{NAME("\1"
		      "1\2"
		      "10\7in-addr\4arpa"),
			&routes[0]},
		{NAME("\3"
		      "110\7in-addr\4arpa"),
			NULL},
		{NAME(""), NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_ptr_equal(find(&whole, routes, 2, cases[i].question), cases[i].want);
	assert_null(find(&whole, NULL, 0, cases[0].question));
	assert_true(claims(&whole, NAME("\1b\4corp\7example")));
	assert_true(claims(&whole, NAME("\1c\1a\4corp\7example")));
	assert_false(claims(&whole, NAME("\7example")));
}

static void test_most_labels([[maybe_unused]] void **state)
{
	struct conf_domain domain = {.name = "a.a"};
	struct conf_route conf = {.domains = &domain, .n_domains = 1};
	struct route route = {.conf = &conf};
	struct conf whole = {.routes = &conf, .n_routes = 1};
	uint8_t question[255 + 4] = {0};

	for (size_t i = 0; i < 127; i++) {
		question[2 * i] = 1;
		question[2 * i + 1] = 'A';
	}
	assert_ptr_equal(
		find(&whole, &route, 1, (struct wire){question, sizeof question}), &route);
}

static struct endpoints endpoints_of(const char *text, struct conf **ret_conf)
{
	struct conf_errors errors;
	struct endpoints endpoints;

	*ret_conf = conf_parse("f", text, strlen(text), &errors);
	assert_non_null(*ret_conf);
	assert_true(endpoints_make(
		*ret_conf, NULL, (*ret_conf)->upstreams, (*ret_conf)->n_upstreams, &endpoints));
	return endpoints;
}

static void expect(const char *text, const char *want)
{
	struct conf *conf;
	struct endpoints endpoints = endpoints_of(text, &conf);
	char got[1024] = "";

	for (size_t i = 0; i < endpoints.n; i++) {
		const struct endpoint *endpoint = &endpoints.list[i];
		size_t used = strlen(got);

		snprintf(got + used, sizeof got - used, "%s%s:%u:%s", i > 0 ? " " : "",
			endpoint->protocol == PROTOCOL_TLS ? "tls" : "https", endpoint->port,
			endpoint->protocol == PROTOCOL_HTTPS ? endpoint->authority : "-");
	}
	assert_string_equal(got, want);
	free(endpoints.list);
	endpoints_forget(&endpoints);
	conf_free(conf);
}

static void test_endpoints([[maybe_unused]] void **state)
{
	expect("[Resolve]\nDNS=1.1.1.1#a.example 2606::1",
		"tls:853:- tls:853:- https:443:a.example https:443:[2606::1]");
	expect("[Resolve]\nDNS=1.1.1.1\n[Transport]\nProtocols=https tls",
		"https:443:1.1.1.1 tls:853:-");
	expect("[Resolve]\nDNS=1.1.1.1\n[Transport]\nProtocols=https", "https:443:1.1.1.1");
	/* A port belongs to one protocol. */
	expect("[Resolve]\nDNS=1.1.1.1:853 1.1.1.1:443 1.1.1.1:8853",
		"tls:853:- tls:8853:- https:443:1.1.1.1");
	expect("[Resolve]\nDNS=1.1.1.1:853\n[Transport]\nProtocols=https",
		"https:853:1.1.1.1:853");
	/* What is said is done. */
	expect("[Resolve]\nDNS=https://[2606::1]:444/ tls://1.1.1.1",
		"https:444:[2606::1]:444 tls:853:-");
	expect("[Resolve]\nDNS=https://a.example/ 1.1.1.1\n[Transport]\nProtocols=tls",
		"https:443:a.example https:443:a.example tls:853:-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_most_labels),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
