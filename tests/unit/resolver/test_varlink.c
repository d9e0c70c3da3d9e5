/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_record.h"
#include "resolver/varlink_request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *method; /* NULL: it is no call */
	bool more, oneway;
} calls[] = {
	{"{\"method\":\"a.b\"}", "a.b", false, false},
	{" {\"method\":\"\",\"more\":true} ", "", true, false},
	{"{\"method\":\"x\",\"oneway\":true,\"more\":false}", "x", false, true},
	{"{\"method\":\"x\",\"parameters\":null,\"more\":null,\"oneway\":null}", "x", false,
		false},
	{"{\"method\":\"x\",\"parameters\":{\"y\":[1,{}]}}", "x", false, false},
	{"{\"method\":\"x\",\"oneway\":true,\"more\":true}", NULL, false, false},
	{"{\"method\":\"x\",\"more\":1}", NULL, false, false},
	{"{\"method\":\"x\",\"parameters\":[]}", NULL, false, false},
	{"{\"method\":\"x\",\"upgrade\":true}", NULL, false, false},
	{"{\"method\":\"x\",\"method\":\"x\"}", NULL, false, false},
	{"{\"method\":1}", NULL, false, false},
	{"{\"parameters\":{}}", NULL, false, false},
	{"{\"method\":\"x\"}{}", NULL, false, false},
	{"{\"method\":\"x\"", NULL, false, false},
	{"[\"method\"]", NULL, false, false},
	{"", NULL, false, false},
};

static void test_calls([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct varlink_call call;
		bool good = varlink_call_read(calls[i].text, strlen(calls[i].text), &call);

		if (good != (calls[i].method != NULL))
			fail_msg("%s", calls[i].text);
		if (!good)
			continue;
		assert_string_equal(call.method, calls[i].method);
		assert_int_equal(call.more, calls[i].more);
		assert_int_equal(call.oneway, calls[i].oneway);
		varlink_call_done(&call);
		assert_null(call.message);
	}
}

static const struct {
	enum resolve_kind kind;
	const char *parameters;
	const char *wrong; /* a parameter, or the error's last word; NULL: nothing is */
} requests[] = {
	{RESOLVE_HOSTNAME, "{\"name\":\"x\"}", NULL},
	{RESOLVE_HOSTNAME,
		"{\"name\":\"x\",\"family\":10,\"flags\":9223372036854775807,\"ifindex\":"
		"2147483647}",
		NULL},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"family\":null}", NULL},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"family\":4294967298}", "family"},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"family\":3}", "family"},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"ifindex\":2147483648}", "ifindex"},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"flags\":-1}", "flags"},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"flags\":1.0}", "flags"},
	{RESOLVE_HOSTNAME, "{\"name\":\"x\",\"address\":[]}", "address"},
	{RESOLVE_HOSTNAME, "{\"name\":[]}", "name"},
	{RESOLVE_HOSTNAME, "null", "name"},
	{RESOLVE_ADDRESS, "{\"family\":2,\"address\":[1,2,3,4]}", NULL},
	{RESOLVE_ADDRESS,
		"{\"family\":10,\"address\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,255]}", NULL},
	{RESOLVE_ADDRESS, "{\"family\":10,\"address\":[1,2,3,4]}", "BadAddressSize"},
	{RESOLVE_ADDRESS,
		"{\"family\":2,\"address\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
		"BadAddressSize"},
	{RESOLVE_ADDRESS, "{\"family\":2,\"address\":[]}", "BadAddressSize"},
	{RESOLVE_ADDRESS, "{\"family\":2,\"address\":[1,2,3,-4]}", "address"},
	{RESOLVE_ADDRESS, "{\"family\":2,\"address\":{}}", "address"},
	{RESOLVE_ADDRESS, "{\"family\":0,\"address\":[1,2,3,4]}", "family"},
	{RESOLVE_ADDRESS, "{\"address\":[1,2,3,4]}", "family"},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":65535,\"class\":255}", NULL},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":1,\"class\":65536}", "class"},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":\"A\"}", "type"},
	{RESOLVE_RECORD, "{\"name\":\"x\"}", "type"},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":252}", "ZoneTransfersNotPermitted"},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":253}", "ResourceRecordTypeObsolete"},
	{RESOLVE_RECORD, "{\"name\":\"x\",\"type\":250}", "ResourceRecordTypeInvalidForQuery"},
	{RESOLVE_SERVICE, "{\"domain\":\"x\"}", NULL},
	{RESOLVE_SERVICE, "{\"domain\":\"x\",\"type\":\"_a._tcp\",\"name\":\"n\",\"family\":0}",
		NULL},
	{RESOLVE_SERVICE, "{\"domain\":\"x\",\"name\":\"n\"}", "type"},
	{RESOLVE_SERVICE, "{\"domain\":\"x\",\"type\":\"a\"}", "type"},
	{RESOLVE_SERVICE, "{\"type\":\"_a._tcp\"}", "domain"},
	{RESOLVE_SERVICE, "{}", "domain"},
};

static void read_request(size_t i)
{
	const char *wrong = requests[i].wrong;
	struct resolve_request request;
	struct varlink_fault fault = {0};
	struct varlink_call call;
	char text[256];
	bool good;

	snprintf(text, sizeof text, "{\"method\":\"x\",\"parameters\":%s}",
		requests[i].parameters);
	assert_true(varlink_call_read(text, strlen(text), &call));
	good = varlink_request_read(&call, requests[i].kind, &request, &fault);
	if (good != (wrong == NULL))
		fail_msg("%s", text);
	if (good) {
		assert_int_equal(request.kind, requests[i].kind);
		assert_true(
			request.name != NULL && request.type != NULL && request.domain != NULL);
	} else if (fault.error != NULL) {
		assert_string_equal(strrchr(fault.error, '.') + 1, wrong);
	} else {
		assert_string_equal(fault.parameter, wrong);
	}
	varlink_call_done(&call);
}

static void test_requests([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		read_request(i);
}

static void check(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

#define WIRE(text) ((struct wire){(const uint8_t *)(text), sizeof(text) - 1})

static void test_records([[maybe_unused]] void **state)
{
	check(varlink_record(WIRE("\1x\0\0\1\0\1\0\0\0\0\0\4\300\0\2\1"), 7),
		"{\"ifindex\":7,\"raw\":\"AXgAAAEAAQAAAAAABMAAAgE=\",\"rr\":{\"address\":[192,"
		"0,2,1],"
		"\"key\":{\"class\":1,\"name\":\"x\",\"type\":1}}}");
	check(varlink_record(WIRE("\0\0\17\0\1\0\0\0\0\0\5\0\n\1y\0"), 0),
		"{\"raw\":\"AAAPAAEAAAAAAAUACgF5AA==\",\"rr\":{\"exchange\":\"y\",\"key\":{"
		"\"class\":1,"
		"\"name\":\".\",\"type\":15},\"priority\":10}}");
	check(varlink_record(WIRE("\0\0\20\0\1\0\0\0\0\0\4\3a\"\377"), 0),
		"{\"raw\":\"AAAQAAEAAAAAAAQDYSL/\",\"rr\":{\"items\":[\"a\\\\042\\\\377\"],"
		"\"key\":{\"class\":1,\"name\":\".\",\"type\":16}}}");
	/* What is malformed, or not known, is told as it is. */
	check(varlink_record(WIRE("\0\0\1\0\1\0\0\0\0\0\3\300\0\2"), 0),
		"{\"raw\":\"AAABAAEAAAAAAAPAAAI=\"}");
	check(varlink_record(WIRE("\0\0\41\0\1\0\0\0\0\0\6\0\0\0\0\0\0"), 0),
		"{\"raw\":\"AAAhAAEAAAAAAAYAAAAAAAA=\"}");
	check(varlink_record(WIRE("\0\0\5\0\1\0\0\0\0\0\2\300\13"), 0),
		"{\"raw\":\"AAAFAAEAAAAAAALACw==\"}");
	check(varlink_record(WIRE("\0\377\170\0\1\0\0\0\0\0\1x"), 0),
		"{\"raw\":\"AP94AAEAAAAAAAF4\"}");
	assert_null(varlink_record(WIRE("\0\0\1\0\1\0\0\0\0\0\5\300\0\2\1"), 0));
	assert_null(varlink_record(WIRE(""), 0));
}

#define QUESTION "\1x\0\0\1\0\1"
#define ANSWER "\300\14\0\1\0\1\0\0\0\5\0\4\300\0\2\1"

static void test_messages([[maybe_unused]] void **state)
{
	static const char ONE[] =
		"{\"raw\":\"AXgAAAEAAQAAAAUABMAAAgE=\",\"rr\":{\"address\":"
		"[192,0,2,1],\"key\":{\"class\":1,\"name\":\"x\",\"type\":1}}}";
	char two[512];

	check(varlink_key(WIRE("\3A.b\0\0\34\0\377")),
		"{\"class\":255,\"name\":\"A\\\\046b\",\"type\":28}");
	assert_null(varlink_key(WIRE("\1x\0\0\1\0")));
	assert_null(varlink_key(WIRE("")));
	snprintf(two, sizeof two, "[%s,%s]", ONE, ONE);
	check(varlink_answers(WIRE("\0\0\201\0\0\1\0\2\0\0\0\0" QUESTION ANSWER ANSWER), 1000),
		two);
	snprintf(two, sizeof two, "[%s]", ONE);
	check(varlink_answers(WIRE("\0\0\201\0\0\1\0\2\0\0\0\0" QUESTION ANSWER ANSWER), 30),
		two);
	/* More is announced than there is. */
	check(varlink_answers(
		      WIRE("\0\0\201\0\0\1\0\377\0\0\0\0" QUESTION ANSWER "\300"), 1000),
		two);
	check(varlink_answers(WIRE("\0\0\201\0\0\377\0\2\0\0\0\0" QUESTION), 1000), "[]");
	check(varlink_answers(WIRE("\0\0"), 1000), "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
