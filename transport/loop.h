/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The event loop: watch a descriptor, set a timer, hear a signal, do something at the end of
 * this turn, run. Owners embed the small structs below and find themselves by their place.
 * Everything may be stopped and reused, or its memory given away, inside any callback.
 */
#include <stdbool.h>
#include <stdint.h>

struct loop;

/* NULL when there is no memory or no descriptor left. */
struct loop *loop_new(void);
/* Everything must have been stopped. NULL is allowed. */
void loop_free(struct loop *loop);
/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Milliseconds of a clock that never jumps; read once a turn. */
uint64_t loop_now_ms(const struct loop *loop);
/* Milliseconds since 1970, the system's clock as it is now. */
uint64_t loop_wall_ms(void);

/* LOOP_CHANGED: of a file of /proc/sys that can be polled: it has changed. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_CHANGED = 4 };

struct watch {
	void (*ready)(struct watch *, unsigned events);
	struct watch_handle *handle; /* the loop's own */
};

/* Watches a descriptor for `events`; called again, changes them. False: no memory, or not a
 * descriptor that can be watched. */
[[nodiscard]] bool watch_start(struct loop *loop, struct watch *watch, int fd, unsigned events);
/* Before the descriptor is closed. Harmless when not started. */
void watch_stop(struct watch *watch);

struct timer {
	void (*fired)(struct timer *);
	struct timer_handle *handle;
};

/* Fires once, `ms` from now; a running timer is set anew. False: no memory. */
[[nodiscard]] bool timer_start(struct loop *loop, struct timer *timer, uint64_t ms);
/* It stays ready to be started again. */
void timer_stop(struct timer *timer);
/* Before its memory is given away. Harmless when never started. */
void timer_done(struct timer *timer);

struct signal_watch {
	void (*caught)(struct signal_watch *, int signum);
	struct signal_handle *handle;
};

[[nodiscard]] bool signal_start(struct loop *loop, struct signal_watch *watch, int signum);
void signal_stop(struct signal_watch *watch);

struct waker {
	void (*woken)(struct waker *);
	struct waker_handle *handle;
};

/* False: no memory, or no descriptor left. */
[[nodiscard]] bool waker_start(struct loop *loop, struct waker *waker);
/* Has woken() called in the thread that runs the loop: once at least, after the latest call.
 * The only function here that any thread may call, from waker_start() until waker_stop(). */
void waker_wake(const struct waker *waker);
/* Harmless when not started. */
void waker_stop(struct waker *waker);

struct turn {
	void (*run)(struct turn *);
	struct turn *next;
	bool queued;
};

/* Calls turn->run once, when the events of this turn are dealt with and before the loop sleeps.
 * Once queued it cannot be taken back. */
void loop_defer(struct loop *loop, struct turn *turn);
