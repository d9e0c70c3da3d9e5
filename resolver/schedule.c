/* SPDX-License-Identifier: MIT */
#include "resolver/schedule.h"

static uint64_t due_ms(struct list *node)
{
	return container_of(node, struct due, node)->ms;
}

static void arm(struct schedule *schedule)
{
	uint64_t now = loop_now_ms(schedule->loop), due;

	if (list_empty(&schedule->list)) {
		timer_stop(&schedule->timer);
		return;
	}
	due = due_ms(schedule->list.next);
	/* It was allocated by schedule_init(), so this cannot fail. */
	(void)!timer_start(schedule->loop, &schedule->timer, due > now ? due - now : 0);
}

bool schedule_init(struct schedule *schedule, struct loop *loop, void (*fired)(struct timer *))
{
	schedule->loop = loop;
	schedule->timer.fired = fired;
	list_init(&schedule->list);
	return timer_start(loop, &schedule->timer, 0);
}

void schedule_done(struct schedule *schedule)
{
	timer_done(&schedule->timer);
}

void schedule_add(struct schedule *schedule, struct due *due)
{
	struct list *after = schedule->list.prev;

	while (after != &schedule->list && due_ms(after) > due->ms)
		after = after->prev;
	list_append(after->next, &due->node);
	if (schedule->list.next == &due->node)
		arm(schedule);
}

struct due *schedule_take(struct schedule *schedule)
{
	struct due *due;

	if (list_empty(&schedule->list) ||
		due_ms(schedule->list.next) > loop_now_ms(schedule->loop)) {
		arm(schedule);
		return NULL;
	}
	due = container_of(schedule->list.next, struct due, node);
	list_remove(&due->node);
	return due;
}
