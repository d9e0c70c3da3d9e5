/* SPDX-License-Identifier: MIT */
/* Threads that hold still when they are told to, and what they hand over. ThreadSanitizer sees
 * more of it. */
#include "resolver/crew.h"
#include "resolver/relay.h"
#include "transport/dial.h"
#include "transport/list.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

enum { MEMBERS = 3 };

/* Nothing protects what it counts. */
struct counting {
	struct crew_member member;
	struct loop *loop;
	struct timer timer;
	uint64_t count;
	uint64_t until;   /* 0: for ever */
	struct taps taps; /* told at each turn */
	struct relay_end end;
};

static void tell(struct counting *counting)
{
	static const uint8_t question[] = {1, 'a', 0, 0, 1, 0, 1};
	struct endpoint by = {.protocol = PROTOCOL_HTTPS, .text = "https://who"};
	struct client client = {.source = SOURCE_UPSTREAM, .by = &by};

	taps_tell(&counting->taps, &(struct tap_event){.kind = TAP_REPLY,
					   .client = &client,
					   .question = {question, sizeof question},
					   .message = {question, sizeof question},
					   .took_us = counting->count});
	memset(&by, 0, sizeof by); /* who hears later must not look here */
}

static void on_timer(struct timer *timer)
{
	struct counting *counting = container_of(timer, struct counting, timer);

	for (unsigned i = 0; i < 100; i++) {
		counting->count++;
		tell(counting);
	}
	if (counting->until > 0 && counting->count == counting->until)
		loop_stop(counting->loop);
	assert_true(timer_start(counting->loop, timer, 1));
}

static void run(struct crew_member *member)
{
	loop_run(container_of(member, struct counting, member)->loop);
}

static void begin(struct counting *counting)
{
	counting->loop = loop_new();
	assert_non_null(counting->loop);
	counting->timer.fired = on_timer;
	counting->member.run = run;
	taps_init(&counting->taps);
	assert_true(timer_start(counting->loop, &counting->timer, 1));
}

static void end(struct counting *counting)
{
	timer_done(&counting->timer);
	loop_free(counting->loop);
}

static uint64_t sum(const struct counting *counting)
{
	uint64_t all = 0;

	for (size_t i = 0; i < MEMBERS; i++)
		all += counting[i].count;
	return all;
}

static void test_hold([[maybe_unused]] void **state)
{
	struct counting counting[MEMBERS] = {0};
	struct crew *crew = crew_new();
	uint64_t before = 0, now, went_on = 0;

	for (size_t i = 0; i < MEMBERS; i++) {
		begin(&counting[i]);
		assert_true(crew_start(crew, &counting[i].member, counting[i].loop));
	}
	for (size_t n = 0; n < 100 || went_on < 20; n++) {
		struct counting *one = &counting[n % MEMBERS];

		crew_hold(crew);
		crew_hold(crew);
		now = sum(counting);
		went_on += now != before;
		crew_release(crew);
		sched_yield();
		assert_int_equal(sum(counting), now);
		/* What is theirs may be changed. */
		one->count = 0;
		timer_done(&one->timer);
		assert_true(timer_start(one->loop, &one->timer, 1));
		before = sum(counting);
		crew_release(crew);
		sched_yield();
	}
	crew_hold(crew);
	for (size_t i = 0; i < MEMBERS; i++)
		loop_stop(counting[i].loop);
	crew_release(crew);
	crew_join(crew);
	crew_hold(crew); /* nobody is left to wait for */
	crew_release(crew);
	crew_free(crew);
	for (size_t i = 0; i < MEMBERS; i++)
		end(&counting[i]);
	crew_hold(NULL);
	crew_release(NULL);
}

struct hearing {
	struct tap tap;
	struct loop *loop;
	uint64_t heard, last, until;
};

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct hearing *hearing = container_of(tap, struct hearing, tap);

	assert_int_equal(event->question.size, 7);
	assert_memory_equal(event->message.data, event->question.data, 7);
	assert_string_equal(event->client->by->text, "https://who");
	assert_int_equal(event->client->by->protocol, PROTOCOL_HTTPS);
	assert_true(event->took_us > hearing->last);
	hearing->last = event->took_us;
	if (++hearing->heard == hearing->until)
		loop_stop(hearing->loop);
}

static void test_relay([[maybe_unused]] void **state)
{
	enum { TOLD = 500, TOO_MANY = 5000 };
	struct counting counting = {.until = TOLD};
	struct hearing hearing = {.tap.tell = on_tap, .until = TOLD};
	struct crew *crew = crew_new();
	uint64_t dropped = 0;
	struct taps taps;
	struct relay *relay;

	hearing.loop = loop_new();
	taps_init(&taps);
	taps_add(&taps, &hearing.tap);
	relay = relay_new(hearing.loop, &taps, &dropped);
	begin(&counting);
	relay_end_init(&counting.end, relay);
	taps_add(&counting.taps, &counting.end.tap);
	assert_true(crew_start(crew, &counting.member, counting.loop));
	loop_run(hearing.loop);
	crew_join(crew);
	assert_int_equal(hearing.heard, TOLD);
	assert_int_equal(dropped, 0);

	/* Nobody listens meanwhile: the first ones are kept, as far as there is room. */
	counting.until += TOO_MANY;
	memset(&counting.member.waker, 0, sizeof counting.member.waker);
	assert_true(crew_start(crew, &counting.member, counting.loop));
	crew_join(crew);
	relay_free(relay);
	assert_int_equal(hearing.heard + dropped, TOLD + TOO_MANY);
	assert_true(hearing.heard > TOLD && hearing.heard < TOLD + TOO_MANY / 2);
	assert_int_equal(hearing.last, hearing.heard);
	end(&counting);
	loop_free(hearing.loop);
	crew_free(crew);
}

static unsigned changes;

static void on_changed([[maybe_unused]] struct taps *taps)
{
	changes++;
}

static void test_taps([[maybe_unused]] void **state)
{
	struct taps taps;
	struct tap one, two;

	taps_init(&taps);
	taps.changed = on_changed;
	list_init(&one.node);
	list_init(&two.node);
	taps_remove(&taps, &one); /* it is not there */
	assert_int_equal(changes, 0);
	taps_add(&taps, &one);
	taps_add(&taps, &two);
	assert_int_equal(changes, 1);
	taps_remove(&taps, &one);
	assert_int_equal(changes, 1);
	taps_remove(&taps, &two);
	assert_int_equal(changes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_taps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
