/* SPDX-License-Identifier: MIT */
#include "resolver/channel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHANNELS = 8, MESSAGES = 10, A_TURN_MAX = 4 };

/* Somebody with many connections, over each of which he says as much as he can. */
static struct {
	struct loop *loop;
	struct channels channels;
	struct channel list[CHANNELS];
	unsigned taken[CHANNELS], freed;
	unsigned this_turn, most; /* of all */
	struct watch turn;        /* of what can always be read */
} f;

static void take(struct channel *channel, struct wire message)
{
	size_t which = (size_t)(channel - f.list);

	assert_int_equal(message.size, 1);
	assert_int_equal(message.data[0], 'a' + f.taken[which]);
	f.taken[which]++;
	f.this_turn++;
	/* Nobody is ahead of others by more than what can be taken in one turn. */
	for (size_t i = 0; i < CHANNELS; i++)
		assert_true(f.taken[which] <= f.taken[i] + A_TURN_MAX + 1);
}

static void on_closed([[maybe_unused]] struct channel *channel)
{
}

static void on_free([[maybe_unused]] struct channel *channel)
{
	if (++f.freed == CHANNELS)
		loop_stop(f.loop);
}

static void on_turn([[maybe_unused]] struct watch *watch, [[maybe_unused]] unsigned events)
{
	if (f.this_turn > f.most)
		f.most = f.this_turn;
	f.this_turn = 0;
}

static const struct channel_kind KIND = {.end = '\n',
	.message_max = 100,
	.unsent_max = 1000,
	.idle_ms = 60000,
	.max = CHANNELS,
	.max_of_user = CHANNELS,
	.take = take,
	.closed = on_closed,
	.free = on_free};

static void test_each_in_its_turn([[maybe_unused]] void **state)
{
	int always[2];

	f.loop = loop_new();
	channels_init(&f.channels, &KIND, f.loop);
	for (size_t i = 0; i < CHANNELS; i++) {
		struct channel_peer peer;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		for (char c = 'a'; c < 'a' + MESSAGES; c++)
			assert_int_equal(write(pair[1], (char[]){c, '\n'}, 2), 2);
		close(pair[1]);
		assert_true(channels_admit(&f.channels, pair[0], &peer));
		channel_open(&f.channels, &f.list[i], pair[0], &peer);
	}
	assert_int_equal(pipe(always), 0);
	assert_int_equal(write(always[1], "", 1), 1);
	f.turn.ready = on_turn;
	assert_true(watch_start(f.loop, &f.turn, always[0], LOOP_READ));
	/* All was said, then they went: they are closed when all has been dealt with. */
	loop_run(f.loop);
	for (size_t i = 0; i < CHANNELS; i++)
		assert_int_equal(f.taken[i], MESSAGES);
	assert_in_range(f.most, 1, 2 * A_TURN_MAX);
	watch_stop(&f.turn);
	close(always[0]);
	close(always[1]);
	channels_close_all(&f.channels);
	loop_free(f.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_in_its_turn)};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
