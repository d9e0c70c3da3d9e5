/* SPDX-License-Identifier: MIT */
/* libuv, for its loop alone: sockets are ours, and its thread pool is never used. */
#include "transport/loop.h"
#include "transport/list.h"
#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare; /* the turn ends twice: after the timers, and */
	uv_check_t check;     /* after the descriptors */
	struct turn *first, **last;
};

/* libuv wants a handle's memory until its close callback; so owners hold a pointer to it. */
struct watch_handle {
	uv_poll_t uv;
	struct watch *owner;
	int wanted; /* UV_READABLE, UV_WRITABLE */
};

struct timer_handle {
	uv_timer_t uv;
	struct timer *owner;
};

struct signal_handle {
	uv_signal_t uv;
	struct signal_watch *owner;
};

struct waker_handle {
	uv_async_t uv;
	struct waker *owner;
};

static void run_deferred(struct loop *loop)
{
	while (loop->first != NULL) {
		struct turn *turn = loop->first;

		loop->first = turn->next;
		if (loop->first == NULL)
			loop->last = &loop->first;
		turn->queued = false;
		turn->run(turn);
	}
}

static void on_prepare(uv_prepare_t *prepare)
{
	run_deferred(container_of(prepare, struct loop, prepare));
}

static void on_check(uv_check_t *check)
{
	run_deferred(container_of(check, struct loop, check));
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL)
		return NULL;
	loop->last = &loop->first;
	if (uv_loop_init(&loop->uv) < 0) {
		free(loop);
		return NULL;
	}
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_check_init(&loop->uv, &loop->check);
	uv_prepare_start(&loop->prepare, on_prepare);
	uv_check_start(&loop->check, on_check);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	run_deferred(loop);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop->uv) < 0)
		abort(); /* something was not stopped */
	free(loop);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return uv_now(&loop->uv);
}

uint64_t loop_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void loop_defer(struct loop *loop, struct turn *turn)
{
	if (turn->queued)
		return;
	turn->queued = true;
	turn->next = NULL;
	*loop->last = turn;
	loop->last = &turn->next;
}

static void free_watch(uv_handle_t *uv)
{
	free(container_of(uv, struct watch_handle, uv));
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
	struct watch_handle *handle = container_of(uv, struct watch_handle, uv);
	unsigned ready = 0;

	/* An error shows itself, with its errno, to whoever reads or writes next. */
	if (status < 0)
		ready = LOOP_READ | LOOP_WRITE;
	if ((events & UV_READABLE) != 0)
		ready |= LOOP_READ;
	if ((events & UV_WRITABLE) != 0)
		ready |= LOOP_WRITE;
	if ((events & UV_PRIORITIZED) != 0)
		ready |= LOOP_CHANGED;
	handle->owner->ready(handle->owner, ready);
	/* libuv stops watching at an error; but bytes may lie in front of it, to be read first.
	 */
	if (status < 0 && !uv_is_closing((uv_handle_t *)uv))
		uv_poll_start(uv, handle->wanted, on_poll);
}

bool watch_start(struct loop *loop, struct watch *watch, int fd, unsigned events)
{
	int wanted = ((events & LOOP_READ) != 0 ? UV_READABLE : 0) |
		     ((events & LOOP_WRITE) != 0 ? UV_WRITABLE : 0) |
		     ((events & LOOP_CHANGED) != 0 ? UV_PRIORITIZED : 0);

	if (watch->handle == NULL) {
		struct watch_handle *handle = calloc(1, sizeof *handle);

		if (handle == NULL)
			return false;
		if (uv_poll_init(&loop->uv, &handle->uv, fd) < 0) {
			free(handle);
			return false;
		}
		handle->owner = watch;
		watch->handle = handle;
	}
	watch->handle->wanted = wanted;
	return uv_poll_start(&watch->handle->uv, wanted, on_poll) == 0;
}

void watch_stop(struct watch *watch)
{
	if (watch->handle == NULL)
		return;
	uv_close((uv_handle_t *)&watch->handle->uv, free_watch);
	watch->handle = NULL;
}

static void free_timer(uv_handle_t *uv)
{
	free(container_of(uv, struct timer_handle, uv));
}

static void on_timer(uv_timer_t *uv)
{
	struct timer_handle *handle = container_of(uv, struct timer_handle, uv);

	handle->owner->fired(handle->owner);
}

bool timer_start(struct loop *loop, struct timer *timer, uint64_t ms)
{
	if (timer->handle == NULL) {
		timer->handle = calloc(1, sizeof *timer->handle);
		if (timer->handle == NULL)
			return false;
		uv_timer_init(&loop->uv, &timer->handle->uv);
		timer->handle->owner = timer;
	}
	uv_timer_start(&timer->handle->uv, on_timer, ms, 0);
	return true;
}

void timer_stop(struct timer *timer)
{
	if (timer->handle != NULL)
		uv_timer_stop(&timer->handle->uv);
}

void timer_done(struct timer *timer)
{
	if (timer->handle == NULL)
		return;
	uv_close((uv_handle_t *)&timer->handle->uv, free_timer);
	timer->handle = NULL;
}

static void free_signal(uv_handle_t *uv)
{
	free(container_of(uv, struct signal_handle, uv));
}

static void on_signal(uv_signal_t *uv, int signum)
{
	struct signal_handle *handle = container_of(uv, struct signal_handle, uv);

	handle->owner->caught(handle->owner, signum);
}

bool signal_start(struct loop *loop, struct signal_watch *watch, int signum)
{
	struct signal_handle *handle = calloc(1, sizeof *handle);

	assert(watch->handle == NULL);
	if (handle == NULL)
		return false;
	uv_signal_init(&loop->uv, &handle->uv);
	if (uv_signal_start(&handle->uv, on_signal, signum) < 0) {
		uv_close((uv_handle_t *)&handle->uv, free_signal);
		return false;
	}
	handle->owner = watch;
	watch->handle = handle;
	return true;
}

void signal_stop(struct signal_watch *watch)
{
	if (watch->handle == NULL)
		return;
	uv_close((uv_handle_t *)&watch->handle->uv, free_signal);
	watch->handle = NULL;
}

static void free_waker(uv_handle_t *uv)
{
	free(container_of(uv, struct waker_handle, uv));
}

static void on_async(uv_async_t *uv)
{
	struct waker_handle *handle = container_of(uv, struct waker_handle, uv);

	handle->owner->woken(handle->owner);
}

bool waker_start(struct loop *loop, struct waker *waker)
{
	struct waker_handle *handle = calloc(1, sizeof *handle);

	assert(waker->handle == NULL);
	if (handle == NULL)
		return false;
	if (uv_async_init(&loop->uv, &handle->uv, on_async) < 0) {
		free(handle);
		return false;
	}
	handle->owner = waker;
	waker->handle = handle;
	return true;
}

void waker_wake(const struct waker *waker)
{
	uv_async_send(&waker->handle->uv);
}

void waker_stop(struct waker *waker)
{
	if (waker->handle == NULL)
		return;
	uv_close((uv_handle_t *)&waker->handle->uv, free_waker);
	waker->handle = NULL;
}
