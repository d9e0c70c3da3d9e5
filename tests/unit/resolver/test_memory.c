/* SPDX-License-Identifier: MIT */
#include "resolver/memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <cmocka.h>

static void test_bound([[maybe_unused]] void **state)
{
	assert_int_equal(memory_bound(UINT64_MAX, 16384, 2048), 16384);
	assert_int_equal(memory_bound(16 << 20, 16384, 2048), 1024);
	assert_int_equal(memory_bound(16 << 20, 8 << 20, 1), 2 << 20);
	assert_int_equal(memory_bound(0, 8, 1), 0);
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

static void test_allowed([[maybe_unused]] void **state)
{
	struct rlimit before, limit, now;
	struct sysinfo info;

	assert_int_equal(sysinfo(&info), 0);
	assert_true(memory_allowed() > 0);
	assert_true(memory_allowed() <= (uint64_t)info.totalram * info.mem_unit / 2);
	if (SANITIZED)
		skip(); /* it takes more than any limit allows */
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	limit = before;
	limit.rlim_cur = memory_allowed() - 1;
	assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
	assert_int_equal(getrlimit(RLIMIT_DATA, &now), 0);
	if (now.rlim_cur != limit.rlim_cur)
		skip(); /* qemu-user keeps its own */
	assert_int_equal(memory_allowed(), limit.rlim_cur);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
