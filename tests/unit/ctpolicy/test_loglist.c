/* SPDX-License-Identifier: MIT */
#include "ctpolicy/loglist.h"
#include "tests/unit/ctpolicy/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One EC P-256 key and its SHA-256. */
#define KEY                                                                                    \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2FxhT6xq0iCATopC9gStS9SxHHmOKTLeaVNZ661488Aq8tAR" \
	"XQV+6+jB0983v5FkRm4OJxPqu29GJ1iG70Ahow=="
#define ID "yzj3FYl8hKFEX1vB3fvJbvKaWc1HCmkFhbDLFMMUWOc="
#define LOG(more) "{\"description\":\"D\",\"log_id\":\"" ID "\",\"key\":\"" KEY "\"" more "}"
#define LIST(logs, tiled)                                                                      \
	"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{\"name\":\"O\","     \
	"\"logs\":[" logs "],\"tiled_logs\":[" tiled "]}]}"
#define STATE(name, time) "\"" name "\":{\"timestamp\":\"" time "\"}"

static enum ct_err parse(const char *json, struct ct_log_list **ret, struct ct_error *error)
{
	return ct_log_list_parse(
		(struct ct_bytes){(const uint8_t *)json, strlen(json)}, ret, error);
}

static const struct {
	const char *json;
	enum ct_log_state state;
	bool tiled;
	uint64_t since_ms, start_ms, end_ms;
} good[] = {
	{LIST(LOG(""), ""), CT_LOG_STATELESS, false, 0, 0, UINT64_MAX},
	{LIST("", LOG("")), CT_LOG_STATELESS, true, 0, 0, UINT64_MAX},
	{LIST(LOG(",\"state\":{" STATE("usable", "2026-01-15T12:00:00Z") "}"), ""),
		CT_LOG_USABLE, false, 1768478400000, 0, UINT64_MAX},
	/* Of several states the newest counts, wherever it stands; of two that are as new the
	 * later in a log's life. */
	{LIST(LOG(",\"state\":{" STATE("usable", "2026-01-15T12:00:00Z") "," STATE(
		      "retired", "2026-01-15T12:00:00Z") "}"),
		 ""),
		CT_LOG_RETIRED, false, 1768478400000, 0, UINT64_MAX},
	{LIST(LOG(",\"state\":{" STATE("rejected", "2026-01-15T12:00:00Z") "," STATE(
		      "usable", "2026-01-15T12:00:00Z") "}"),
		 ""),
		CT_LOG_REJECTED, false, 1768478400000, 0, UINT64_MAX},
	{LIST(LOG(",\"state\":{" STATE("usable", "2026-01-15T12:00:00Z") "," STATE(
		      "qualified", "2025-01-15T12:00:00Z") "}"),
		 ""),
		CT_LOG_USABLE, false, 1768478400000, 0, UINT64_MAX},
	{LIST(LOG(",\"state\":{" STATE("qualified", "2025-01-15T12:00:00Z") "," STATE(
		      "usable", "2026-01-15T13:00:00+01:00") "}"),
		 ""),
		CT_LOG_USABLE, false, 1768478400000, 0, UINT64_MAX},
	{LIST(LOG(",\"state\":{" STATE("from-the-future", "2026-01-15T12:00:00Z") "}"), ""),
		CT_LOG_STATELESS, false, 1768478400000, 0, UINT64_MAX},
	{LIST(LOG(",\"unheard_of\":[1,{}],\"temporal_interval\":{\"start_inclusive\":"
		  "\"2026-01-15T12:00:00Z\",\"end_exclusive\":\"2026-01-15T12:00:01Z\"}"),
		 ""),
		CT_LOG_STATELESS, false, 0, 1768478400000, 1768478401000},
};

static void test_good([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct ct_log_list *list = NULL;
		struct ct_error error;
		const struct ct_log *log;

		if (parse(good[i].json, &list, &error) != CT_OK)
			fail_msg("case %zu: %s", i, error.text);
		assert_int_equal(ct_log_list_size(list), 1);
		assert_true(ct_log_list_timestamp_ms(list) == 1768478400000);
		log = ct_log_list_at(list, 0);
		assert_ptr_equal(ct_log_list_find(list, log->id), log);
		assert_null(ct_log_list_at(list, 1));
		assert_null(ct_log_list_find(list, (const uint8_t[CT_LOG_ID_SIZE]){0}));
		assert_string_equal(log->operator_name, "O");
		if (log->state != good[i].state || log->tiled != good[i].tiled ||
			log->state_since_ms != good[i].since_ms ||
			log->interval_start_ms != good[i].start_ms ||
			log->interval_end_ms != good[i].end_ms)
			fail_msg("case %zu", i);
		ct_log_list_free(list);
	}
}

static const struct {
	const char *json, *words;
} bad[] = {
	{"", "line 1"},
	{"[]", "log_list_timestamp"},
	{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\"}", "operators"},
	{"{\"log_list_timestamp\":\"yesterday\",\"operators\":[]}", "log_list_timestamp"},
	{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[]}", "names no log"},
	{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{}]}",
		"operators[0].name"},
	{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{\"name\":\"A\\nB\"}]"
	 "}",
		"operators[0].name"},
	{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{\"name\":\"A\","
	 "\"logs\":"
	 "7}]}",
		"operators[0].logs: not an array"},
	{LIST("7", ""), "operators[0].logs[0].key"},
	{LIST(LOG("") "," LOG(""), ""), "twice"},
	{LIST(LOG(""), LOG("")), "twice"},
	{LIST("{\"key\":\"" KEY "\"}", ""), "log_id"},
	{LIST("{\"log_id\":\"" ID "\"}", ""), "key"},
	{LIST("{\"key\":\"" KEY "\",\"log_id\":\"AAAA\"}", ""), "not the SHA-256"},
	{LIST("{\"key\":\"" KEY
	      "\",\"log_id\":\"AAA3FYl8hKFEX1vB3fvJbvKaWc1HCmkFhbDLFMMUWOc=\"}",
		 ""),
		"not the SHA-256"},
	{LIST("{\"key\":\"AAAA\",\"log_id\":\"cJ6As4BbfaCb0Z1r7R3j7Z8sHqYx0W7pYqk9mC0yYYY=\"}",
		 ""),
		"log_id"},
	{LIST(LOG(",\"state\":7"), ""), "state"},
	{LIST(LOG(",\"state\":{\"usable\":{}}"), ""), "timestamp"},
	{LIST(LOG(",\"temporal_interval\":{\"start_inclusive\":\"2026-01-15T12:00:00Z\",\"end_"
		  "exclusive\":"
		  "\"2026-01-15T12:00:00Z\"}"),
		 ""),
		"ends before it begins"},
	/* Text that would write more than its line, or on the terminal itself. */
	{LIST(LOG(",\"url\":\"\\u001b[2J\""), ""), "url"},
	{LIST(LOG(",\"url\":\"\\u007f\""), ""), "url"},
	{LIST(LOG(",\"url\":\"\\u009b\""), ""), "url"},
	{LIST(LOG(",\"url\":7"), ""), "operators[0].logs[0].url"},
	{LIST("", LOG(",\"submission_url\":7")), "operators[0].tiled_logs[0].submission_url"},
	{LIST("{\"key\":\"" KEY
	      "\",\"log_id\":\"yzj3FYl8hKFEX1vB3fvJbvKaWc1HCmkFhbDLFMMUWOcA\"}",
		 ""),
		"log_id: not base64 of at most 32 bytes"},
	{LIST(LOG(",\"previous_operators\":{}"), ""), "previous_operators"},
	{LIST(LOG(",\"previous_operators\":[{\"end_time\":\"2026-01-15T12:00:00Z\"}]"), ""),
		"name"},
	{LIST(LOG(",\"previous_operators\":[{\"name\":\"P\"}]"), ""), "end_time"},
	{LIST(LOG(",\"key\":\"" KEY "\""), ""), "line 1: a key that stands there already"},
};

static void test_bad([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ct_log_list *list = NULL;
		struct ct_error error;

		assert_int_equal(parse(bad[i].json, &list, &error), CT_E_MALFORMED);
		assert_null(list);
		if (strstr(error.text, bad[i].words) == NULL)
			fail_msg("case %zu: %s", i, error.text);
		assert_int_equal(parse(bad[i].json, &list, NULL), CT_E_MALFORMED);
	}
}

static void test_past_operators([[maybe_unused]] void **state)
{
	struct ct_log_list *list = NULL;
	const struct log_entry *entry;

	assert_int_equal(
		parse(LIST(LOG(",\"previous_operators\":[{\"name\":\"second\",\"end_time\":"
			       "\"2026-01-15T12:00:00Z\"},{\"name\":\"first\",\"end_time\":"
			       "\"2025-01-15T12:00:00Z\"}]"),
			      ""),
			&list, NULL),
		CT_OK);
	entry = &list->entries[0];
	assert_string_equal(ctp_log_operator_at(entry, 0), "first");
	assert_string_equal(ctp_log_operator_at(entry, 1736942399999), "first");
	assert_string_equal(ctp_log_operator_at(entry, 1736942400000), "second");
	assert_string_equal(ctp_log_operator_at(entry, 1768478399999), "second");
	assert_string_equal(ctp_log_operator_at(entry, 1768478400000), "O");
	ct_log_list_free(list);
}

static void test_texts([[maybe_unused]] void **state)
{
	static const struct {
		const char *json, *description, *url;
	} texts[] = {
		{LIST(LOG(",\"url\":\"https://log.example/\""), ""), "D",
			"https://log.example/"},
		{LIST("", LOG(",\"url\":\"x\",\"submission_url\":\"https://log.example/\"")),
			"D", "https://log.example/"},
		{LIST("{\"log_id\":\"" ID "\",\"key\":\"" KEY "\"}", ""), "unnamed log", ""},
		{LIST(LOG(",\"url\":\"\\u00a0\\u00e5\""), ""), "D", "\u00a0\u00e5"},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ct_log_list *list = NULL;

		assert_int_equal(parse(texts[i].json, &list, NULL), CT_OK);
		assert_string_equal(ct_log_list_at(list, 0)->description, texts[i].description);
		assert_string_equal(ct_log_list_at(list, 0)->url, texts[i].url);
		ct_log_list_free(list);
	}
}

/* A list has a last day as long as a log of it takes new certificates. */
static void test_horizon([[maybe_unused]] void **state)
{
	struct ct_log_list *list = NULL;
	struct ct_log *log;

	assert_int_equal(parse(LIST(LOG(",\"temporal_interval\":{\"start_inclusive\":\"2026-01-"
					"15T12:00:00Z"
					"\",\"end_exclusive\":\"2026-01-15T12:00:01Z\"}"),
				       ""),
				 &list, NULL),
		CT_OK);
	log = &list->entries[0].log;
	for (int s = CT_LOG_STATELESS; s <= CT_LOG_REJECTED; s++) {
		bool takes = s == CT_LOG_QUALIFIED || s == CT_LOG_USABLE;

		log->state = (enum ct_log_state)s;
		log->barred = false;
		assert_true(ct_log_list_horizon_ms(list) == (takes ? 1768478401000 : 0));
		log->barred = true;
		assert_true(ct_log_list_horizon_ms(list) == 0);
	}
	ct_log_list_free(list);
}

/* A list as large as this is none. */
static void test_limits([[maybe_unused]] void **state)
{
	static const struct {
		const char *before, *repeated, *after, *words;
		size_t n;
	} limits[] = {
		{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{\"name\":"
		 "\"O\",\"logs\":[",
			LOG(""), "]}]}", "more than 4096", 4097},
		{"{\"log_list_timestamp\":\"2026-01-15T12:00:00Z\",\"operators\":[{\"name\":"
		 "\"O\",\"logs\":[{\"key\":\"" KEY "\",\"log_id\":\"" ID
		 "\",\"previous_operators\":[",
			"{\"name\":\"P\",\"end_time\":\"2026-01-15T12:00:00Z\"}", "]}]}]}",
			"too long", 65},
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		size_t size = limits[i].n * (strlen(limits[i].repeated) + 1) + 1024, n = 0;
		struct ct_log_list *list = NULL;
		char *json = malloc(size);
		struct ct_error error;

		assert_non_null(json);
		n += (size_t)snprintf(json, size, "%s", limits[i].before);
		for (size_t j = 0; j < limits[i].n; j++)
			n += (size_t)snprintf(json + n, size - n, "%s%s", j > 0 ? "," : "",
				limits[i].repeated);
		snprintf(json + n, size - n, "%s", limits[i].after);
		assert_int_equal(parse(json, &list, &error), CT_E_MALFORMED);
		if (strstr(error.text, limits[i].words) == NULL)
			fail_msg("%s", error.text);
		free(json);
	}
}

/* The project's own list: every log can be checked, and it has a last day. */
static void test_own_list([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(CONF, "log_list.json");

	assert_true(ct_log_list_size(list) > 30);
	assert_true(ct_log_list_horizon_ms(list) > ct_log_list_timestamp_ms(list));
	for (size_t i = 0; i < ct_log_list_size(list); i++) {
		const struct ct_log *log = ct_log_list_at(list, i);

		assert_false(log->barred);
		assert_int_not_equal(log->state, CT_LOG_STATELESS);
		assert_true(log->interval_end_ms != UINT64_MAX);
	}
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_past_operators),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_horizon),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_own_list),
	};

	return cmocka_run_group_tests_name("loglist", tests, NULL, NULL);
}
