/* SPDX-License-Identifier: MIT */
/* Several threads check against one list at once: each finds what one alone finds. Data races
 * are for valgrind --tool=helgrind and for -Db_sanitize=thread to see, on this very test. */
#include "tests/unit/ctpolicy/files.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 3, POLICIES = CT_POLICY_APPLE + 1 };

#define NOW_MS UINT64_C(1768478400000) /* 2026-01-15T12:00:00Z */

static const char *const names[] = {"good", "rsa-log", "static-ct", "no-sct", "one-log-twice",
	"previous-operator", "bad-signature", "unknown-log", "all-retired", "long-lived-three",
	"many-scts", "broken-list"};

enum { CERTIFICATES = sizeof names / sizeof *names };

/* Each certificate is judged by each policy. */
struct expected {
	struct pem_chain chain;
	struct ct_report reports[POLICIES];
};

struct thread {
	pthread_t id;
	pthread_barrier_t *start;
	const struct ct_log_list *list;
	const struct expected *expected;
	size_t first; /* each begins with another certificate */
	size_t checks, differences;
};

static struct ct_report check(
	const struct ct_log_list *list, enum ct_policy policy, const struct pem_chain *chain)
{
	struct ct_evidence evidence = {.leaf = chain->der[0], .issuer = chain->der[1]};
	struct ct_report report;

	(void)!ct_check(list, policy, &evidence, AT(NOW_MS), &report);
	return report;
}

static bool same(const struct ct_report *a, const struct ct_report *b)
{
	char one[512], other[512];

	ct_report_text(a, one, sizeof one);
	ct_report_text(b, other, sizeof other);
	if (a->verdict != b->verdict || a->n_scts != b->n_scts || strcmp(one, other) != 0)
		return false;
	for (size_t i = 0; i < a->n_scts; i++)
		if (a->scts[i].status != b->scts[i].status || a->scts[i].log != b->scts[i].log)
			return false;
	return true;
}

static void *run(void *argument)
{
	struct thread *thread = argument;

	pthread_barrier_wait(thread->start);
	for (size_t i = 0; i < ROUNDS * CERTIFICATES; i++) {
		const struct expected *expected =
			&thread->expected[(thread->first + i) % CERTIFICATES];

		for (int policy = 0; policy < POLICIES; policy++) {
			struct ct_report report =
				check(thread->list, (enum ct_policy)policy, &expected->chain);

			thread->checks++;
			thread->differences += !same(&report, &expected->reports[policy]);
		}
	}
	return NULL;
}

static void test_threads_find_what_one_finds([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct expected expected[CERTIFICATES];
	struct thread threads[THREADS];
	pthread_barrier_t start;
	unsigned accepted = 0;

	for (size_t i = 0; i < CERTIFICATES; i++) {
		char file[64];

		snprintf(file, sizeof file, "%s.pem", names[i]);
		expected[i].chain = file_chain(DATA, file);
		for (int policy = 0; policy < POLICIES; policy++) {
			expected[i].reports[policy] =
				check(list, (enum ct_policy)policy, &expected[i].chain);
			accepted += expected[i].reports[policy].verdict == CT_COMPLIANT;
		}
	}
	assert_true(accepted >= 1 && accepted < CERTIFICATES * POLICIES);
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){.start = &start,
			.list = list,
			.expected = expected,
			.first = i * CERTIFICATES / THREADS};
		assert_int_equal(pthread_create(&threads[i].id, NULL, run, &threads[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
		assert_int_equal(threads[i].checks, ROUNDS * CERTIFICATES * POLICIES);
		assert_int_equal(threads[i].differences, 0);
	}
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < CERTIFICATES; i++)
		pem_free(&expected[i].chain);
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_find_what_one_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
