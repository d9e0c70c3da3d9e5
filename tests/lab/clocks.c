/* SPDX-License-Identifier: MIT */
/*
 * For LD_PRELOAD: clocks that a test sets. The file that $CTRESOLVED_CLOCKS names holds a
 * struct clocks; whoever changes it sets the clock under the program, as settimeofday(2) would,
 * timers of timerfd_create(2) that wait for that included, or lets time fly. For machines of 64
 * bits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 10, NS_PER_S = 1000000000, SIGSET_SIZE = 8 /* the kernel's */ };

struct clocks {
	int64_t wall_ns;      /* what is added to the wall clock */
	int64_t monotonic_ns; /* and to those that nobody can set */
	int64_t synchronized; /* does the kernel say that somebody keeps it right? */
};

static volatile const struct clocks *clocks;
static int timer_fd = -1;
static int64_t told_ns; /* by how much the wall clock was ahead of the others */

static int64_t ahead_ns(void)
{
	return clocks->wall_ns - clocks->monotonic_ns;
}

[[gnu::constructor]] static void begin(void)
{
	const char *path = getenv("CTRESOLVED_CLOCKS");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *mapped =
		fd >= 0 ? mmap(NULL, sizeof *clocks, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (mapped == MAP_FAILED)
		abort();
	close(fd);
	clocks = mapped;
	told_ns = ahead_ns();
}

static void add(struct timespec *time, int64_t ns)
{
	int64_t sum = time->tv_nsec + ns % NS_PER_S;

	time->tv_sec += ns / NS_PER_S + (sum >= NS_PER_S) - (sum < 0);
	time->tv_nsec = sum < 0 ? sum + NS_PER_S : sum % NS_PER_S;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	if (syscall(SYS_clock_gettime, id, ret) != 0)
		return -1;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		add(ret, clocks->wall_ns);
	else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME)
		add(ret, clocks->monotonic_ns);
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, [[maybe_unused]] void *restrict zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}

int adjtimex(struct timex *ret)
{
	*ret = (struct timex){.status = clocks->synchronized ? 0 : STA_UNSYNC};
	return clocks->synchronized ? TIME_OK : TIME_ERROR;
}

/* That the file is written is heard by way of a descriptor, as that of a timer would be. */
int timerfd_create(clockid_t id, int flags)
{
	if (id != CLOCK_REALTIME)
		return (int)syscall(SYS_timerfd_create, id, flags);
	timer_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (timer_fd >= 0)
		inotify_add_watch(timer_fd, getenv("CTRESOLVED_CLOCKS"), IN_MODIFY);
	return timer_fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *ret_old)
{
	if (fd == timer_fd)
		return 0;
	return (int)syscall(SYS_timerfd_settime, fd, flags, new, ret_old);
}

ssize_t read(int fd, void *ret, size_t size)
{
	char events[4096];
	bool jumped;

	if (fd != timer_fd || fd < 0)
		return syscall(SYS_read, fd, ret, size);
	while (syscall(SYS_read, fd, events, sizeof events) > 0)
		continue;
	jumped = ahead_ns() != told_ns;
	told_ns = ahead_ns();
	errno = jumped ? ECANCELED : EAGAIN;
	return -1;
}

/* Nobody sleeps through time that flies. */
static int shorter(int ms)
{
	return ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
}

int epoll_wait(int fd, struct epoll_event *ret, int n, int ms)
{
	return epoll_pwait(fd, ret, n, ms, NULL);
}

int epoll_pwait(int fd, struct epoll_event *ret, int n, int ms, const sigset_t *mask)
{
	return (int)syscall(SYS_epoll_pwait, fd, ret, n, shorter(ms), mask, SIGSET_SIZE);
}
