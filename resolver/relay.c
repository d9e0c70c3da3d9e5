/* SPDX-License-Identifier: MIT */
#include "resolver/relay.h"
#include "transport/dial.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* As much as a monitor may leave unread, once it is text (control_client.c). */
enum { UNTOLD_MAX = 512 * 1024 };

struct relay {
	struct taps *to;
	uint64_t *dropped;
	struct waker waker;
	pthread_mutex_t mutex; /* of all below */
	struct list untold;    /* struct told_event */
	size_t size;
	uint64_t lost; /* since those who watch were told last */
};

/* An event, with all that it points to. */
struct told_event {
	struct list node;
	struct tap_event event;
	struct client client;
	struct endpoint by;
	size_t size;
	uint8_t bytes[];
};

/* Moves `from` behind what is there already. */
static struct wire copy(uint8_t **at, const void *from, size_t size)
{
	struct wire copied = {*at, size};

	if (size > 0)
		memcpy(*at, from, size);
	*at += size;
	return copied;
}

/* NULL: no memory. */
static struct told_event *told_event_of(const struct tap_event *event)
{
	const char *by = event->client->by != NULL ? event->client->by->text : "";
	size_t size = event->question.size + event->message.size + strlen(by) + 1;
	struct told_event *told = malloc(sizeof *told + size);
	uint8_t *at;

	if (told == NULL)
		return NULL;
	told->event = *event;
	told->client = *event->client;
	told->size = sizeof *told + size;
	told->event.client = &told->client;
	at = told->bytes;
	told->event.question = copy(&at, event->question.data, event->question.size);
	told->event.message = copy(&at, event->message.data, event->message.size);
	if (event->client->by != NULL) {
		/* Of who answered, its text and its protocol are told. */
		told->by = (struct endpoint){.protocol = event->client->by->protocol,
			.text = (const char *)copy(&at, by, strlen(by) + 1).data};
		told->client.by = &told->by;
	}
	return told;
}

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct relay *relay = container_of(tap, struct relay_end, tap)->relay;
	struct told_event *told = told_event_of(event);

	pthread_mutex_lock(&relay->mutex);
	if (told != NULL && relay->size + told->size <= UNTOLD_MAX) {
		relay->size += told->size;
		list_append(&relay->untold, &told->node);
		told = NULL;
	} else {
		relay->lost++;
	}
	pthread_mutex_unlock(&relay->mutex);
	free(told);
	waker_wake(&relay->waker);
}

static void on_woken(struct waker *waker)
{
	struct relay *relay = container_of(waker, struct relay, waker);
	struct list taken;

	list_init(&taken);
	pthread_mutex_lock(&relay->mutex);
	list_splice(&taken, &relay->untold);
	relay->size = 0;
	*relay->dropped += relay->lost;
	relay->lost = 0;
	pthread_mutex_unlock(&relay->mutex);
	while (!list_empty(&taken)) {
		struct told_event *told = container_of(taken.next, struct told_event, node);

		list_remove(&told->node);
		taps_tell(relay->to, &told->event);
		free(told);
	}
}

struct relay *relay_new(struct loop *loop, struct taps *to, uint64_t *dropped)
{
	struct relay *relay = calloc(1, sizeof *relay);

	if (relay == NULL)
		return NULL;
	relay->to = to;
	relay->dropped = dropped;
	relay->waker.woken = on_woken;
	list_init(&relay->untold);
	if (!waker_start(loop, &relay->waker)) {
		free(relay);
		return NULL;
	}
	pthread_mutex_init(&relay->mutex, NULL);
	return relay;
}

void relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	on_woken(&relay->waker);
	waker_stop(&relay->waker);
	pthread_mutex_destroy(&relay->mutex);
	free(relay);
}

void relay_end_init(struct relay_end *end, struct relay *relay)
{
	end->tap.tell = on_tap;
	list_init(&end->tap.node);
	end->relay = relay;
}
