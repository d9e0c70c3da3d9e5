/* SPDX-License-Identifier: MIT */
#include "transport/waiting.h"
#include <assert.h>

enum { OVERDUE_MS = 1000 };

/* When the first of them has been under way for so long; UINT64_MAX: there is none. */
static uint64_t due_ms(const struct list *attempts, uint64_t after_ms)
{
	if (list_empty(attempts))
		return UINT64_MAX;
	return container_of(attempts->next, struct attempt, node)->sent_ms + after_ms;
}

static uint64_t late_ms(const struct waiting *waiting)
{
	uint64_t ms = pace_late_ms(waiting->pace);

	return ms < OVERDUE_MS ? ms : OVERDUE_MS;
}

static void arm_timer(struct waiting *waiting)
{
	uint64_t late = due_ms(&waiting->fresh_ones, late_ms(waiting));
	uint64_t overdue = due_ms(&waiting->late_ones, OVERDUE_MS);
	uint64_t due = late < overdue ? late : overdue, now = loop_now_ms(waiting->loop);

	if (due < waiting->due_ms &&
		timer_start(waiting->loop, &waiting->timer, due > now ? due - now : 0))
		waiting->due_ms = due;
}

/* The first of one list goes to the end of the next. NULL: none has waited for so long. */
static struct attempt *move_on(
	struct waiting *waiting, struct list *from, uint64_t after_ms, struct list *to)
{
	struct attempt *attempt;

	if (due_ms(from, after_ms) > loop_now_ms(waiting->loop))
		return NULL;
	attempt = container_of(from->next, struct attempt, node);
	list_remove(&attempt->node);
	list_append(to, &attempt->node);
	return attempt;
}

static void on_timer(struct timer *timer)
{
	struct waiting *waiting = container_of(timer, struct waiting, timer);
	uint64_t late = late_ms(waiting);
	struct attempt *attempt;

	waiting->due_ms = UINT64_MAX;
	while ((attempt = move_on(waiting, &waiting->fresh_ones, late, &waiting->late_ones)) !=
		NULL)
		waiting->late(waiting, attempt);
	while ((attempt = move_on(waiting, &waiting->late_ones, OVERDUE_MS,
			&waiting->overdue_ones)) != NULL)
		waiting->overdue(waiting, attempt);
	arm_timer(waiting);
}

void waiting_init(struct waiting *waiting, struct loop *loop, const struct pace *pace)
{
	waiting->loop = loop;
	waiting->pace = pace;
	waiting->timer.fired = on_timer;
	waiting->due_ms = UINT64_MAX;
	list_init(&waiting->fresh_ones);
	list_init(&waiting->late_ones);
	list_init(&waiting->overdue_ones);
}

void waiting_done(struct waiting *waiting)
{
	assert(list_empty(&waiting->fresh_ones) && list_empty(&waiting->late_ones) &&
		list_empty(&waiting->overdue_ones));
	timer_done(&waiting->timer);
}

void waiting_add(struct waiting *waiting, struct attempt *attempt)
{
	attempt->sent_ms = loop_now_ms(waiting->loop);
	list_init(&attempt->node);
	list_append(&waiting->fresh_ones, &attempt->node);
	arm_timer(waiting);
}

void waiting_take(struct waiting *waiting, const void *carrier, struct list *ret)
{
	struct list *lists[] = {
		&waiting->overdue_ones, &waiting->late_ones, &waiting->fresh_ones};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (struct list *node = lists[i]->next, *next; node != lists[i]; node = next) {
			next = node->next;
			if (container_of(node, struct attempt, node)->carrier != carrier)
				continue;
			list_remove(node);
			list_append(ret, node);
		}
}

void waiting_put_back(struct waiting *waiting, struct attempt *attempt)
{
	list_append(&waiting->overdue_ones, &attempt->node);
}
