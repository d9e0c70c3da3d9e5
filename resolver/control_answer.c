/* SPDX-License-Identifier: MIT */
#include "resolver/control_answer.h"
#include "resolver/link_route.h"
#include "transport/dial.h"
#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>

static char *text_of(json_t *object)
{
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

char *control_answer_ok(void)
{
	return text_of(json_pack("{s:b}", "ok", true));
}

char *control_answer_error(const char *why)
{
	return text_of(json_pack("{s:b, s:s}", "ok", false, "error", why));
}

static json_t *upstream_json(const struct upstream_facts *upstream)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s?, s:b, s:s?}", "upstream",
		upstream->text, "protocol", upstream->protocol, "state", upstream->state,
		"domain", upstream->domain, "refused", upstream->refused, "why", upstream->why);

	if (upstream->timed)
		json_object_set_new(object, "milliseconds", json_real(upstream->mean_ms));
	if (upstream->timed && upstream->late_ms != UINT64_MAX)
		json_object_set_new(object, "late_milliseconds",
			json_integer((json_int_t)upstream->late_ms));
	return object;
}

/* What is asked in plain text now; null: nothing. */
static json_t *portal_json(const struct facts *facts)
{
	uint32_t left_s;
	const struct link_route *window = portal_window(facts->portal, &left_s);
	json_t *names = json_array(), *servers = json_array();
	const struct endpoint *server;

	if (window == NULL) {
		json_decref(names);
		json_decref(servers);
		return json_null();
	}
	for (size_t i = 0; i < window->conf.n_domains; i++)
		json_array_append_new(names, json_string(window->conf.domains[i].name));
	for (size_t i = 0; (server = set_endpoint(window->route.set, i)) != NULL; i++)
		json_array_append_new(servers, json_string(server->text));
	return json_pack("{s:I, s:s*, s:o, s:o}", "seconds_left", (json_int_t)left_s, "link",
		*window->name != '\0' ? window->name : NULL, "servers", servers, "names",
		names);
}

char *control_answer_portal(const struct facts *facts)
{
	return text_of(json_pack("{s:b, s:o}", "ok", true, "portal", portal_json(facts)));
}

/* NULL: no memory. */
static json_t *upstreams_json(const struct facts *facts)
{
	json_t *upstreams = json_array();
	struct upstream_facts upstream;
	bool good = true;

	crew_hold(facts->crew);
	for (size_t i = 0; good && figures_upstream(facts, i, &upstream); i++)
		good = json_array_append_new(upstreams, upstream_json(&upstream)) == 0;
	crew_release(facts->crew);
	if (good)
		return upstreams;
	json_decref(upstreams);
	return NULL;
}

char *control_answer_status(const struct facts *facts)
{
	uint64_t values[FIGURES_N];
	json_t *upstreams = upstreams_json(facts);

	if (upstreams == NULL)
		return NULL;
	figures_read(facts, values);
	return text_of(json_pack("{s:b, s:s, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o, s:o}", "ok",
		true, "version", VERSION, "uptime_seconds",
		(json_int_t)values[FIGURE_uptime_seconds], "cache", "entries",
		(json_int_t)values[FIGURE_cache_entries], "bytes",
		(json_int_t)values[FIGURE_cache_bytes], "capacity_bytes",
		(json_int_t)values[FIGURE_cache_capacity_bytes], "hits",
		(json_int_t)values[FIGURE_cache_hits], "misses",
		(json_int_t)values[FIGURE_cache_misses], "upstreams", upstreams, "portal",
		portal_json(facts)));
}

char *control_answer_statistics(const struct facts *facts)
{
	uint64_t values[FIGURES_N];
	json_t *statistics = json_object();

	figures_read(facts, values);
	for (size_t i = 0; i < FIGURES_N; i++)
		if (json_object_set_new(statistics, FIGURES[i].name,
			    json_integer((json_int_t)values[i])) < 0) {
			json_decref(statistics);
			return NULL;
		}
	return text_of(json_pack("{s:b, s:o}", "ok", true, "statistics", statistics));
}

/* As a string of hexadecimal digits. */
static json_t *hex_json(struct wire bytes)
{
	static const char DIGITS[] = "0123456789abcdef";
	char *text = malloc(2 * bytes.size + 1);
	json_t *string;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < bytes.size; i++) {
		text[2 * i] = DIGITS[bytes.data[i] >> 4];
		text[2 * i + 1] = DIGITS[bytes.data[i] & 0x0f];
	}
	string = json_stringn(text, 2 * bytes.size);
	free(text);
	return string;
}

static const char *source_name(enum reply_source source)
{
	switch (source) {
	case SOURCE_UPSTREAM: return "upstream";
	case SOURCE_CACHE: return "cache";
	case SOURCE_STALE: return "stale";
	case SOURCE_LOCAL: return "local";
	case SOURCE_ERROR: break;
	}
	return "error";
}

static const char *protocol_name(const struct endpoint *by)
{
	if (by == NULL)
		return NULL;
	return by->protocol == PROTOCOL_TLS     ? "tls"
	       : by->protocol == PROTOCOL_HTTPS ? "https"
						: "plain";
}

/* Adds where it comes from, and how long that took. */
static char *with_source(json_t *object, const struct client *client, uint64_t took_us)
{
	json_t *source =
		json_pack("{s:s, s:s?, s:s?, s:f}", "source", source_name(client->source),
			"upstream", client->by != NULL ? client->by->text : NULL, "protocol",
			protocol_name(client->by), "milliseconds", (double)took_us / 1000);

	if (object == NULL || source == NULL || json_object_update(object, source) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(source);
	return text_of(object);
}

char *control_answer_reply(struct wire message, const struct client *client, uint64_t took_us)
{
	return with_source(json_pack("{s:b, s:o}", "ok", true, "message", hex_json(message)),
		client, took_us);
}

static void address_of(const struct client *client, char text[INET6_ADDRSTRLEN])
{
	const union socket_address *peer = &client->peer;

	text[0] = '\0';
	if (peer->any.sa_family == AF_INET)
		inet_ntop(AF_INET, &peer->v4.sin_addr, text, INET6_ADDRSTRLEN);
	else if (peer->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &peer->v6.sin6_addr, text, INET6_ADDRSTRLEN);
}

char *control_answer_event(const struct tap_event *event)
{
	const struct client *client = event->client;
	char address[INET6_ADDRSTRLEN];

	if (event->kind != TAP_REPLY)
		return NULL;
	address_of(client, address);
	return with_source(
		json_pack("{s:I, s:s, s:s, s:o, s:i}", "time_ms", (json_int_t)loop_wall_ms(),
			"client", address, "transport",
			client->udp != NULL   ? "udp"
			: client->tcp != NULL ? "tcp"
					      : "inside",
			"question", hex_json(event->question), "rcode", (int)event->rcode),
		client, event->took_us);
}
