/* SPDX-License-Identifier: MIT */
/* io.systemd.Resolve.Monitor: who asked for what, and what they were told. */
#include "resolver/message.h"
#include "resolver/varlink_methods.h"
#include "resolver/varlink_record.h"

/* Of one reply; a subscriber reads several before it has to have read the first. */
enum { ANSWERS_MAX = 64 * 1024 };

/* What became of it, in resolved's words. */
static const char *state_of(const struct tap_event *event)
{
	return event->rcode == RCODE_NOERROR ? "success" : "rcode-failure";
}

/* No more than this: resolvectl(1) of 252 takes no message with fields that it does not know.
 */
static json_t *event_json(const struct tap_event *event)
{
	json_t *answers = varlink_answers(event->message, ANSWERS_MAX);
	json_t *object = json_pack("{s:s, s:[o]}", "state", state_of(event), "question",
		varlink_key(event->question));

	if (event->rcode != RCODE_NOERROR)
		json_object_set_new(object, "rcode", json_integer((json_int_t)event->rcode));
	if (json_array_size(answers) > 0)
		json_object_set_new(object, "answer", answers);
	else
		json_decref(answers);
	return object;
}

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct varlink_client *client = container_of(tap, struct varlink_client, tap);

	if (event->kind == TAP_REPLY && event->question.size > 0 && !client->channel.ends)
		varlink_reply_more(client, event_json(event));
}

static void forget(struct varlink_client *client)
{
	taps_remove(client->service->front->taps, &client->tap);
}

void varlink_subscribe_results(struct varlink_client *client, const struct varlink_call *call)
{
	if (!varlink_no_parameters(client, call))
		return;
	client->tap.tell = on_tap;
	taps_add(client->service->front->taps, &client->tap);
	varlink_subscribe(client, forget);
	if (!client->channel.closed)
		varlink_reply_more(client, json_pack("{s:b}", "ready", true));
}
