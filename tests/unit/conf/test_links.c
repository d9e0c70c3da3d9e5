/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct conf *read_conf(const char *text, struct conf_errors *errors)
{
	return conf_parse("f", text, strlen(text), errors);
}

static void test_link_servers([[maybe_unused]] void **state)
{
	static const struct {
		const char *text, *link;
		enum conf_link_servers want;
	} cases[] = {
		{"", "eth0", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=dot", "eth0", CONF_LINK_SERVERS_DOT},
		{"LinkServers=dot\nLinkServers=ignore", "eth0", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=dot\nLinkServers=", "eth0", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=tun0:allow-plain", "tun0", CONF_LINK_SERVERS_PLAIN},
		{"LinkServers=tun0:allow-plain", "tun01", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=tun0:allow-plain\nLinkServers=", "tun0",
			CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=dot tun*:allow-plain", "tun7", CONF_LINK_SERVERS_PLAIN},
		{"LinkServers=dot tun*:allow-plain", "wg0", CONF_LINK_SERVERS_DOT},
		{"LinkServers=dot wlan?:ignore", "wlan0", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=tun1:ignore tun*:dot", "tun1", CONF_LINK_SERVERS_IGNORE},
		{"LinkServers=tun*:dot\nLinkServers=tun1:ignore", "tun1",
			CONF_LINK_SERVERS_DOT},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf_errors errors;
		char text[128] = "[Resolve]\n";
		struct conf *conf;

		strncat(text, cases[i].text, sizeof text - strlen(text) - 1);
		conf = read_conf(text, &errors);
		assert_non_null(conf);
		assert_int_equal(conf_link_servers(conf, cases[i].link), cases[i].want);
		conf_free(conf);
	}
}

static void test_mistakes([[maybe_unused]] void **state)
{
	static const char *const cases[][2] = {
		{"LinkServers=plain", "f:2: LinkServers: plain: not ignore, dot, LINK:ignore"},
		{"LinkServers=allow-plain",
			"f:2: LinkServers: allow-plain: plain text is only for links"},
		{"LinkServers=*:allow-plain",
			"f:2: LinkServers: *:allow-plain: that is every link"},
		{"LinkServers=?*:allow-plain",
			"f:2: LinkServers: ?*:allow-plain: that is every link"},
		{"LinkServers=:dot", "f:2: LinkServers: : not the name of a link"},
		{"LinkServers=a-name-that-is-long:dot",
			"f:2: LinkServers: a-name-that-is-long: not the name of a link"},
		{"LinkServers=tun0:yes", "f:2: LinkServers: tun0:yes: not ignore"},
		{"Portal=yes", "f:2: Portal: yes: not one of no ask"},
		{"PortalCheck=2", "f:2: PortalCheck: 2: neither yes nor no"},
		{"PortalHosts=a..b", "f:2: PortalHosts: a..b: not a domain"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf_errors errors;
		char text[128] = "[Resolve]\n";

		strncat(text, cases[i][0], sizeof text - strlen(text) - 1);
		assert_null(read_conf(text, &errors));
		assert_int_equal(errors.count, 1);
		errors.lines[0][strnlen(errors.lines[0], strlen(cases[i][1]))] = '\0';
		assert_string_equal(errors.lines[0], cases[i][1]);
		conf_errors_clear(&errors);
	}
}

static void test_portal([[maybe_unused]] void **state)
{
	struct conf_errors errors;
	struct conf *conf = read_conf("", &errors);

	assert_false(conf->portal_asks || conf->portal_check);
	assert_int_equal(conf->n_portal_hosts, 8);
	conf_free(conf);

	conf = read_conf("[Resolve]\nPortal=ask\nPortalCheck=yes\nPortalHosts=\nPortalHosts="
			 "Check.Example.",
		&errors);
	assert_true(conf->portal_asks && conf->portal_check);
	assert_int_equal(conf->n_portal_hosts, 1);
	assert_string_equal(conf->portal_hosts[0], "check.example");
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_servers),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_portal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
