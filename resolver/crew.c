/* SPDX-License-Identifier: MIT */
#include "resolver/crew.h"
#include "conf/conf.h"
#include "transport/list.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Elsewhere than with glibc a thread may have very little by itself (musl: 128 KiB). */
enum { STACK_SIZE = 1024 * 1024 };

struct crew {
	struct crew_member *members[CONF_WORKERS_MAX];
	unsigned n;
	unsigned depth; /* of crew_hold(); the first thread's own */
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* any of: */
	bool held;
	unsigned still; /* how many hold still */
};

static void on_woken(struct waker *waker)
{
	struct crew *crew = container_of(waker, struct crew_member, waker)->crew;

	pthread_mutex_lock(&crew->mutex);
	if (crew->held) {
		crew->still++;
		pthread_cond_broadcast(&crew->changed);
		while (crew->held)
			pthread_cond_wait(&crew->changed, &crew->mutex);
		crew->still--;
		pthread_cond_broadcast(&crew->changed);
	}
	pthread_mutex_unlock(&crew->mutex);
}

/* The mutex is locked. */
static void wait_until_still(struct crew *crew, unsigned n)
{
	while (crew->still != n)
		pthread_cond_wait(&crew->changed, &crew->mutex);
}

void crew_hold(struct crew *crew)
{
	if (crew == NULL || crew->depth++ > 0 || crew->n == 0)
		return;
	pthread_mutex_lock(&crew->mutex);
	crew->held = true;
	for (unsigned i = 0; i < crew->n; i++)
		waker_wake(&crew->members[i]->waker);
	wait_until_still(crew, crew->n);
	pthread_mutex_unlock(&crew->mutex);
}

void crew_release(struct crew *crew)
{
	if (crew == NULL || --crew->depth > 0 || crew->n == 0)
		return;
	pthread_mutex_lock(&crew->mutex);
	crew->held = false;
	pthread_cond_broadcast(&crew->changed);
	/* Who has not gone on yet would be counted for the next time. */
	wait_until_still(crew, 0);
	pthread_mutex_unlock(&crew->mutex);
}

static void *run(void *pointer)
{
	struct crew_member *member = pointer;

	member->run(member);
	return NULL;
}

bool crew_start(struct crew *crew, struct crew_member *member, struct loop *loop)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	char name[16]; /* that is all the room there is */
	int err;

	member->crew = crew;
	member->waker.woken = on_woken;
	if (!waker_start(loop, &member->waker)) {
		errno = ENOMEM;
		return false;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&member->thread, &attributes, run, member);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (err != 0) {
		waker_stop(&member->waker);
		errno = err;
		return false;
	}
	crew->members[crew->n++] = member;
	snprintf(name, sizeof name, "worker %u", crew->n + 1);
	pthread_setname_np(member->thread, name);
	return true;
}

void crew_join(struct crew *crew)
{
	for (unsigned i = 0; i < crew->n; i++)
		pthread_join(crew->members[i]->thread, NULL);
	for (unsigned i = 0; i < crew->n; i++)
		waker_stop(&crew->members[i]->waker);
	crew->n = 0;
}

struct crew *crew_new(void)
{
	struct crew *crew = calloc(1, sizeof *crew);

	if (crew == NULL)
		return NULL;
	pthread_mutex_init(&crew->mutex, NULL);
	pthread_cond_init(&crew->changed, NULL);
	return crew;
}

void crew_free(struct crew *crew)
{
	if (crew == NULL)
		return;
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->mutex);
	free(crew);
}
