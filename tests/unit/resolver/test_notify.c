/* SPDX-License-Identifier: MIT */
#include "resolver/notify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* systemd's end. */
static int server = -1;

static int listen_at(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof address;
	char name[sizeof address.sun_path + 1] = "@";

	(void)state;
	server = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	/* The kernel chooses a free name of the abstract namespace: five digits behind a NUL.
	 */
	if (server < 0 ||
		bind(server, (struct sockaddr *)&address, sizeof address.sun_family) < 0 ||
		getsockname(server, (struct sockaddr *)&address, &size) < 0)
		return -1;
	memcpy(name + 1, address.sun_path + 1,
		size - offsetof(struct sockaddr_un, sun_path) - 1);
	return setenv("NOTIFY_SOCKET", name, 1);
}

static int close_it(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	return close(server);
}

static const char *heard(void)
{
	static char text[1024];
	ssize_t n = recv(server, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void test_what_is_told([[maybe_unused]] void **state)
{
	notify_ready();
	assert_string_equal(heard(), "READY=1");
	notify_reloading();
	assert_memory_equal(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27);
	notify_stopping();
	assert_string_equal(heard(), "STOPPING=1");
	notify_alive();
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_status("tls://1.1.1.1", "certificate accepted");
	assert_string_equal(heard(), "STATUS=tls://1.1.1.1: certificate accepted");
	assert_string_equal(heard(), "");
}

/* Reasons have words of strangers in them. */
static void test_status_is_one_line([[maybe_unused]] void **state)
{
	char long_one[2000];

	notify_status("tls://192.0.2.1", "refused\nMAINPID=1\r\x1b[0m");
	assert_string_equal(heard(), "STATUS=tls://192.0.2.1: refused MAINPID=1  [0m");
	memset(long_one, 'x', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	notify_status("tls://192.0.2.1", long_one);
	assert_in_range(strlen(heard()), 400, 511);
}

static void test_nobody_listens([[maybe_unused]] void **state)
{
	static const char *const nowhere[] = {"", "@", "relative", "/nowhere/at/all"};

	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
		setenv("NOTIFY_SOCKET", nowhere[i], 1);
		notify_ready();
	}
	unsetenv("NOTIFY_SOCKET");
	notify_ready();
	assert_string_equal(heard(), "");
}

static uint64_t watchdog_of(const char *usec, const char *pid)
{
	uint64_t ms;

	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	ms = notify_watchdog_ms();
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return ms;
}

static void test_watchdog([[maybe_unused]] void **state)
{
	char own[32];

	snprintf(own, sizeof own, "%ld", (long)getpid());
	assert_int_equal(watchdog_of("180000000", own), 90000);
	assert_int_equal(watchdog_of("180000000", NULL), 90000);
	assert_int_equal(watchdog_of("180000000", "1"), 0);
	assert_int_equal(watchdog_of("180000000", ""), 0);
	assert_int_equal(watchdog_of(NULL, own), 0);
	assert_int_equal(watchdog_of("", own), 0);
	assert_int_equal(watchdog_of("-1", own), 0);
	assert_int_equal(watchdog_of("18 0", own), 0);
	assert_int_equal(watchdog_of("99999999999999999999", own), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_told, listen_at, close_it),
		cmocka_unit_test_setup_teardown(test_status_is_one_line, listen_at, close_it),
		cmocka_unit_test_setup_teardown(test_nobody_listens, listen_at, close_it),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
