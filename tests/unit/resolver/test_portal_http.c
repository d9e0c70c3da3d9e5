/* SPDX-License-Identifier: MIT */
#include "resolver/portal_http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_read([[maybe_unused]] void **state)
{
	static const struct {
		const char *response;
		enum portal_http want;
		const char *url, *host;
	} cases[] = {
		{"HTTP/1.1 302 Found\r\nLocation: http://Portal.Example/login?x=1\r\n\r\n",
			PORTAL_HTTP_REDIRECT, "http://Portal.Example/login?x=1",
			"portal.example"},
		{"HTTP/1.0 307 x\nServer: y\nlocation:https://p.example:8443\n\n",
			PORTAL_HTTP_REDIRECT, "https://p.example:8443", "p.example"},
		{"HTTP/1.1 302 \r\nLocation: HTTP://a#b\r\n", PORTAL_HTTP_REDIRECT,
			"HTTP://a#b", "a"},
		{"HTTP/1.1 204 No Content\r\n\r\n", PORTAL_HTTP_NOTHING, NULL, NULL},
		{"HTTP/1.1 200 OK\r\nLocation: http://a/\r\n\r\n", PORTAL_HTTP_NOTHING, NULL,
			NULL},
		{"", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 Found", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/2 302\r\nLocation: http://a/\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 3O2 Found\r\nLocation: http://a/\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 Found\r\n\r\nLocation: http://a/\r\n", PORTAL_HTTP_BAD, NULL,
			NULL},
		{"HTTP/1.1 302 Found\r\nLocation: http://a/", PORTAL_HTTP_BAD, NULL, NULL},
		/* Neither another scheme, nor no name, nor what is none, nor what a terminal
		   obeys. */
		{"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n", PORTAL_HTTP_BAD, NULL,
			NULL},
		{"HTTP/1.1 302 x\r\nLocation: /login\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 x\r\nLocation: http:///login\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 x\r\nLocation: http://u@h/\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 x\r\nLocation: http://[::1]/\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 x\r\nLocation: http://a..b/\r\n", PORTAL_HTTP_BAD, NULL, NULL},
		{"HTTP/1.1 302 x\r\nLocation: http://a/\033[2J\r\n", PORTAL_HTTP_BAD, NULL,
			NULL},
		{"HTTP/1.1 302 x\r\nLocation: http://a/ b\r\n", PORTAL_HTTP_BAD, NULL, NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* Where valgrind and AddressSanitizer see its end. */
		size_t size = strlen(cases[i].response);
		uint8_t *bytes = malloc(size + (size == 0));
		char url[PORTAL_URL_MAX], host[PORTAL_HOST_MAX];

		memcpy(bytes, cases[i].response, size);
		assert_int_equal(
			portal_http_read((struct wire){bytes, size}, url, host), cases[i].want);
		free(bytes);
		if (cases[i].want != PORTAL_HTTP_REDIRECT)
			continue;
		assert_string_equal(url, cases[i].url);
		assert_string_equal(host, cases[i].host);
	}
}

static void test_long([[maybe_unused]] void **state)
{
	static const char head[] = "HTTP/1.1 302 x\r\nLocation: http://a/";
	char response[2048], url[PORTAL_URL_MAX], host[PORTAL_HOST_MAX];

	for (size_t size = PORTAL_URL_MAX - 2; size <= PORTAL_URL_MAX + 1; size++) {
		size_t at = sizeof head - 1, rest = size - strlen("http://a/");

		memcpy(response, head, at);
		memset(response + at, 'x', rest);
		memcpy(response + at + rest, "\r\n", 2);
		assert_int_equal(
			portal_http_read(
				(struct wire){(uint8_t *)response, at + rest + 2}, url, host),
			size < PORTAL_URL_MAX ? PORTAL_HTTP_REDIRECT : PORTAL_HTTP_BAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
