/* SPDX-License-Identifier: MIT */
#include "resolver/timekeeper.h"
#include "resolver/statedir.h"
#include "transport/list.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define DAY_MS UINT64_C(86400000)
#define NEVER_S INT64_C(8000000000) /* the year 2223 */

struct timekeeper {
	struct clock clock;
	struct timekeeper_owner *owner;
	struct watch watch;
	int fd;              /* a timer that is cancelled when the clock jumps; -1: none */
	uint64_t written_ms; /* what the file says */
};

static uint64_t saved_ms(void)
{
	struct stat stat_;
	char path[4096];

	if (!statedir_path("clock", path, sizeof path) || stat(path, &stat_) < 0 ||
		stat_.st_mtim.tv_sec < 0)
		return 0;
	return (uint64_t)stat_.st_mtim.tv_sec * 1000;
}

/* For a time that will not come: only a clock that jumps ends the waiting (timerfd_create(2)).
 */
static bool arm(const struct timekeeper *keeper)
{
	struct itimerspec never = {
		.it_value = {.tv_sec = sizeof(time_t) > 4 ? (time_t)NEVER_S : INT32_MAX}};

	return timerfd_settime(keeper->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
		       NULL) == 0;
}

static void on_timer(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct timekeeper *keeper = container_of(watch, struct timekeeper, watch);
	uint64_t expirations;
	ssize_t n = read(keeper->fd, &expirations, sizeof expirations);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n >= 0 || errno != ECANCELED || !arm(keeper))
		watch_stop(&keeper->watch);
	keeper->owner->clock_was_set(keeper->owner);
}

struct timekeeper *timekeeper_new(struct loop *loop, struct timekeeper_owner *owner)
{
	struct timekeeper *keeper = calloc(1, sizeof *keeper);

	if (keeper == NULL)
		return NULL;
	keeper->clock =
		(struct clock){.bound_ms = BUILD_TIME * UINT64_C(1000), .saved_ms = saved_ms()};
	keeper->written_ms = keeper->clock.saved_ms;
	keeper->owner = owner;
	keeper->watch.ready = on_timer;
	keeper->fd = -1;
	if (owner != NULL)
		keeper->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (keeper->fd >= 0 &&
		(!arm(keeper) || !watch_start(loop, &keeper->watch, keeper->fd, LOOP_READ))) {
		close(keeper->fd);
		keeper->fd = -1;
	}
	return keeper;
}

void timekeeper_free(struct timekeeper *keeper)
{
	if (keeper == NULL)
		return;
	watch_stop(&keeper->watch);
	if (keeper->fd >= 0)
		close(keeper->fd);
	free(keeper);
}

struct clock *timekeeper_clock(struct timekeeper *keeper)
{
	return &keeper->clock;
}

void timekeeper_use(struct timekeeper *keeper, const struct ct_log_list *list)
{
	keeper->clock.horizon_ms = ct_log_list_horizon_ms(list);
}

/* A clock that nobody keeps right may be years ahead: it is not written down, for what is
 * written would hold up the right one. The state may be on flash memory, which wears off. */
void timekeeper_save(struct timekeeper *keeper, bool now)
{
	const struct clock *clock = &keeper->clock;
	uint64_t ms = clock->saved_ms > clock->bound_ms ? clock->saved_ms : clock->bound_ms;
	struct timespec times[2];
	char path[4096];
	int fd;

	if (clock_synchronized())
		ms = clock_now(clock).now_ms;
	if (!now && ms >= keeper->written_ms && ms - keeper->written_ms < DAY_MS)
		return;
	if (!statedir_make() || !statedir_path("clock", path, sizeof path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	times[0] = times[1] = (struct timespec){.tv_sec = (time_t)(ms / 1000)};
	if (futimens(fd, times) == 0)
		keeper->written_ms = ms;
	close(fd);
}
