/* SPDX-License-Identifier: MIT */
/* KEY=VALUE files, and what those of systemd-networkd and of resolved say of a link. */
#include "resolver/envfile.h"
#include "resolver/linkfile.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_values([[maybe_unused]] void **state)
{
	static const struct {
		const char *text, *want; /* of KEY; NULL: it is not there */
	} cases[] = {
		{"KEY=value", "value"},
		{"KEY=value\n", "value"},
		{"OTHER=1\n  KEY = a b \t\r\nMORE=2", "a b"},
		{"KEY=", ""},
		{"KEY=\nOTHER=1", ""},
		{"KEY=1\nKEY=2\n", "2"},
		{"KEY", NULL},
		{"KEY\n=value", NULL},
		{"", NULL},
		{"\n\n", NULL},
		{"=", NULL},
		{"#KEY=1", NULL},
		{";KEY=1\n", NULL},
		{"# it's\nKEY=1", "1"},
		{"KEYS=1\nKE=2", NULL},
		{"KEY=\"a b\"", "a b"},
		{"KEY=\" a\"\" b \" \n", " a b "},
		{"KEY='a \"b\\'", "a \"b\\"},
		{"KEY=\"a\\\"b\\$\\q\"", "a\"b$\\q"},
		{"KEY=a\"b\"", "a\"b\""},
		{"KEY=it's\nOTHER=it's", "it's"},
		{"KEY=a\\ \n", "a "},
		{"KEY=a\\\nb", "ab"},
		{"KEY=\"a\nb\"\nX=1", "a\nb"},
		{"KEY=\"a", "a"},
		{"KEY=a\\", "a\\"},
		{"X=\"\nKEY=1", NULL},
		{"X=a=b\nKEY=c=d", "c=d"},
	};
	const char *const keys[] = {NULL, "KEY", "MISSING"};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = strdup(cases[i].text), *values[3];

		envfile_read(text, keys, values, 3);
		assert_null(values[0]);
		assert_null(values[2]);
		if (cases[i].want == NULL)
			assert_null(values[1]);
		else
			assert_string_equal(values[1], cases[i].want);
		free(text);
	}
}

static const struct link ETH = {.index = 3, .name = "eth0"};

/* In the form of a netif file, without its first line. */
static const char *text_of(const struct link_settings *settings)
{
	struct link link = ETH;
	static char text[1024];
	char *whole;

	link.settings = *settings;
	whole = linkfile_write_netif(&link);
	assert_non_null(whole);
	assert_int_equal(*whole, '#');
	snprintf(text, sizeof text, "%s", strchr(whole, '\n') + 1);
	free(whole);
	return text;
}

static void test_networkd([[maybe_unused]] void **state)
{
	char text[] =
		"# This is private data. Do not parse.\nADMIN_STATE=configured\n"
		"OPER_STATE=routable\nNETWORK_FILE_DROPINS=\"\"\n"
		"DNS=192.0.2.1 fe80::53 192.0.2.2#dns.example [2001:db8::1]:5353#v6.example\n"
		"NTP=\nDOMAINS=lan.example\nROUTE_DOMAINS=corp.example .\nLLMNR=resolve\n"
		"MDNS=yes\nDNS_DEFAULT_ROUTE=yes\nDNS_OVER_TLS=opportunistic\nDNSSEC=no\n"
		"DNSSEC_NTA=b.example a.example\nSERVERS=192.0.2.9\nNTAS=no.example\n";
	struct link_settings settings;
	bool managed = false;

	assert_int_equal(linkfile_read_networkd(text, &ETH, &settings, &managed), 0);
	assert_true(managed);
	assert_string_equal(text_of(&settings),
		"LLMNR=resolve\nMDNS=yes\nDNSSEC=no\nDNSOVERTLS=opportunistic\n"
		"DEFAULT_ROUTE=yes\n"
		"SERVERS=192.0.2.1 fe80::53%3 192.0.2.2#dns.example "
		"[2001:db8::1]:5353#v6.example\n"
		"DOMAINS=lan.example ~corp.example ~.\nNTAS=b.example a.example\n");
	link_settings_clear(&settings);
}

static void test_managed([[maybe_unused]] void **state)
{
	static const struct {
		const char *state;
		bool want;
	} cases[] = {
		{"ADMIN_STATE=pending", false},
		{"ADMIN_STATE=initialized", false},
		{"ADMIN_STATE=unmanaged", false},
		{"ADMIN_STATE=", false},
		{"OPER_STATE=routable", false},
		{"ADMIN_STATE=configuring", true},
		{"ADMIN_STATE=configured", true},
		{"ADMIN_STATE=failed", true},
		{"ADMIN_STATE=linger", true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct link_settings settings;
		char text[64];
		bool managed;

		snprintf(text, sizeof text, "%s\nDNS=192.0.2.1\n", cases[i].state);
		assert_int_equal(linkfile_read_networkd(text, &ETH, &settings, &managed), 0);
		assert_int_equal(managed, cases[i].want);
		assert_int_equal(settings.n_servers, cases[i].want ? 1 : 0);
		link_settings_clear(&settings);
	}
}

static void test_netif([[maybe_unused]] void **state)
{
	static const struct {
		const char *text, *want; /* NULL: the same */
		size_t left_out;
	} cases[] = {
		{"LLMNR=no\nMDNS=resolve\nDNSSEC=allow-downgrade\nDNSOVERTLS=no\n"
		 "DEFAULT_ROUTE=no\nSERVERS=192.0.2.1 [2001:db8::1]:5353%3#a.example\n"
		 "DOMAINS=~.\nNTAS=. a.example\n",
			"LLMNR=no\nMDNS=resolve\nDNSSEC=allow-downgrade\nDNSOVERTLS=no\n"
			"DEFAULT_ROUTE=no\nSERVERS=192.0.2.1 [2001:db8::1]:5353#a.example\n"
			"DOMAINS=~.\nNTAS=. a.example\n",
			0},
		{"LLMNR=yes\nSERVERS=192.0.2.1:5353 [fe80::1]:5353%3#a.example\n", NULL, 0},
		{"SERVERS=\"192.0.2.1 \"\nDEFAULT_ROUTE=1\n",
			"DEFAULT_ROUTE=yes\nSERVERS=192.0.2.1\n", 0},
		{"SERVERS=fe80::1%eth0 fe80::2%eth1 fe80::3%4 fe80::4%\n",
			"SERVERS=fe80::1%3\n", 3},
		{"SERVERS=::ffff:192.0.2.1 [2001:db8::1] 192.0.2.1:853\n",
			"SERVERS=192.0.2.1 2001:db8::1\n", 0},
		{"SERVERS=1.2.3 192.0.2.1# 192.0.2.1#a_b 192.0.2.1:0 192.0.2.1:65536 "
		 "192.0.2.1:5: 2001:db8::1:5353x [192.0.2.1] [::1 #a tls://192.0.2.1 0.0.0.0 "
		 "127.0.0.53\n",
			"", 13},
		{"DOMAINS=Lan.Example lan.example. ~x.example ~lan.example . a..b ~a/b\n",
			"DOMAINS=lan.example ~x.example\n", 3},
		{"LLMNR=maybe\nDNSSEC=\nMDNS=opportunistic\nDNSOVERTLS=resolve\n"
		 "DEFAULT_ROUTE=resolve\n",
			"", 4},
		{"ADMIN_STATE=configured\nDNS=192.0.2.1\nROUTE_DOMAINS=x.example\n", "", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct link_settings settings;
		char *text = strdup(cases[i].text);

		assert_int_equal(linkfile_read_netif(text, &ETH, &settings), cases[i].left_out);
		assert_string_equal(text_of(&settings),
			cases[i].want != NULL ? cases[i].want : cases[i].text);
		link_settings_clear(&settings);
		free(text);
	}
}

/* Of a machine with more than anybody wants, the whole file can be read again. */
static void test_longest([[maybe_unused]] void **state)
{
	struct link link = ETH;
	struct link_settings again;
	struct address address = {.size = 16};
	char name[256], *text;

	memset(address.bytes, 0xfe, 16);
	memset(name, 'a', sizeof name);
	for (size_t i = 63; i < 253; i += 64)
		name[i] = '.';
	name[253] = '\0';
	for (int i = 0; i < LINK_DOMAINS_MAX; i++) {
		name[0] = (char)('a' + i % 26);
		name[1] = (char)('a' + i / 26 % 26);
		name[2] = (char)('a' + i / 676);
		address.bytes[14] = (uint8_t)(i >> 8);
		address.bytes[15] = (uint8_t)i;
		if (i < LINK_SERVERS_MAX)
			assert_true(link_add_server(&link.settings, &address, 65535, name));
		if (i < LINK_NEGATIVE_ANCHORS_MAX)
			assert_true(link_add_negative_anchor(&link.settings, name));
		assert_true(link_add_domain(&link.settings, name, true));
	}
	text = linkfile_write_netif(&link);
	assert_non_null(text);
	assert_in_range(strlen(text), 400000, LINKFILE_SIZE_MAX);
	assert_int_equal(linkfile_read_netif(text, &link, &again), 0);
	assert_true(link_settings_same(&link.settings, &again));
	link_settings_clear(&again);
	link_settings_clear(&link.settings);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_networkd),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_netif),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
