/* SPDX-License-Identifier: MIT */
#include "resolver/cookie.h"
#include <arpa/inet.h>
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct siphash_key key_of(const char *bytes)
{
	struct siphash_key key;

	memcpy(&key, bytes, sizeof key);
	key.words[0] = le64toh(key.words[0]);
	key.words[1] = le64toh(key.words[1]);
	return key;
}

static union socket_address v4(const char *text)
{
	union socket_address address = {.v4 = {.sin_family = AF_INET}};

	assert_int_equal(inet_pton(AF_INET, text, &address.v4.sin_addr), 1);
	return address;
}

static union socket_address v6(const char *text)
{
	union socket_address address = {.v6 = {.sin6_family = AF_INET6}};

	assert_int_equal(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
	return address;
}

/* RFC 9018 appendix A. */
static void test_vectors([[maybe_unused]] void **state)
{
	struct siphash_key key =
		key_of("\xe5\xe9\x73\xe5\xa6\xb2\xa4\x3f\x48\xe7\xdc\x84\x9e\x37\xbf\xcf");
	union socket_address peer = v4("198.51.100.100"), other = v4("203.0.113.203");
	union socket_address peer6 = v6("2001:db8:220:1:59de:d0f4:8769:82b8");
	struct siphash_key key6 =
		key_of("\xdd\x3b\xdf\x93\x44\xb6\x78\xb1\x85\xa6\xf5\xcb\x60\xfc\xa7\x15");
	struct siphash_key new6 =
		key_of("\x44\x55\x36\xbc\xd2\x51\x32\x98\x07\x5a\x5d\x37\x96\x63\xc9\x62");
	static const uint8_t fresh[] = "\x24\x64\xc4\xab\xcf\x10\xc9\x57";
	static const uint8_t with6[] =
		"\x22\x68\x1a\xb9\x7d\x52\xc2\x98\x01\x00\x00\x00\x5c\xf7\xc5\x79\x26\x55\x6b"
		"\xd0\x93\x4c\x72\xf8";
	struct request request = {.cookie = {fresh, 8}};
	uint8_t made[COOKIE_SIZE];
	bool proven;

	cookie_answer(&key, &peer, 1559731985, &request, &proven);
	assert_false(proven);
	assert_true(request.with_cookie);
	assert_memory_equal(request.reply_cookie,
		"\x24\x64\xc4\xab\xcf\x10\xc9\x57\x01\x00\x00\x00\x5c\xf7\x9f\x11\x1f\x81\x30"
		"\xc3\xee\xe2\x94\x80",
		COOKIE_SIZE);

	/* It proves that address, for an hour. */
	memcpy(made, request.reply_cookie, sizeof made);
	request.cookie = (struct wire){made, sizeof made};
	cookie_answer(&key, &peer, 1559731985 + 3600, &request, &proven);
	assert_true(proven);
	cookie_answer(&key, &peer, 1559731985 + 3601, &request, &proven);
	assert_false(proven);
	cookie_answer(&key, &peer, 1559731985 - 300, &request, &proven);
	assert_true(proven);
	cookie_answer(&key, &peer, 1559731985 - 301, &request, &proven);
	assert_false(proven);
	cookie_answer(&key, &other, 1559731985, &request, &proven);
	assert_false(proven);
	made[23] ^= 1;
	cookie_answer(&key, &peer, 1559731985, &request, &proven);
	assert_false(proven);

	request = (struct request){.cookie = {with6, 24}};
	cookie_answer(&key6, &peer6, 1559741817 + 5, &request, &proven);
	assert_true(proven);
	cookie_answer(&new6, &peer6, 1559741961, &request, &proven);
	assert_false(proven);
	assert_memory_equal(request.reply_cookie,
		"\x22\x68\x1a\xb9\x7d\x52\xc2\x98\x01\x00\x00\x00\x5c\xf7\xc6\x09\xa6\xbb\x79"
		"\xd1\x66\x25\x50\x7a",
		COOKIE_SIZE);
}

static void test_none([[maybe_unused]] void **state)
{
	struct siphash_key key = {{1, 2}};
	union socket_address peer = v4("192.0.2.1");
	struct request request = {0};
	bool proven = true;

	cookie_answer(&key, &peer, 1, &request, &proven);
	assert_false(proven || request.with_cookie);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
