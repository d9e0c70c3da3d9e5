/* SPDX-License-Identifier: MIT */
/* io.systemd.Resolve.Monitor: what is known here, what was counted, and what is forgotten. */
#include "resolver/presentation.h"
#include "resolver/varlink_methods.h"
#include "resolver/varlink_record.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What finds room whenever a call is taken. */
enum { TOLD_MAX = 384 * 1024 };

struct dump {
	struct cache_visitor visitor;
	json_t *entries;
	size_t size; /* of their text */
	uint64_t now_us;
	uint8_t *message;
};

/* On the clock that resolved's times are on: it goes on while the machine sleeps. */
static uint64_t boot_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* What there is no record for, as a person would say it. */
static json_t *absence_json(const struct answer *answer)
{
	const char *name = presentation_rcode_name(answer_rcode(answer));

	if (answer_rcode(answer) == RCODE_NOERROR)
		name = "NODATA";
	return json_string(name != NULL ? name : "FAILURE");
}

static bool see(
	struct cache_visitor *visitor, struct wire question, const struct answer *answer)
{
	struct dump *dump = container_of(visitor, struct dump, visitor);
	const struct request request = {.question = question};
	uint64_t left_us = (uint64_t)(answer->lifetime_s - answer->age_s) * 1000000;
	size_t size = message_write_reply(&request, answer, dump->message, MESSAGE_SIZE_MAX);
	json_t *rrs = varlink_answers((struct wire){dump->message, size}, TOLD_MAX);
	json_t *entry = json_pack("{s:o, s:I}", "key", varlink_key(question), "until",
		(json_int_t)(dump->now_us + left_us));

	if (json_array_size(rrs) > 0 && answer_rcode(answer) == RCODE_NOERROR) {
		json_object_set_new(entry, "rrs", rrs);
	} else {
		json_decref(rrs);
		json_object_set_new(entry, "type", absence_json(answer));
	}
	dump->size += json_dumpb(entry, NULL, 0, JSON_COMPACT) + 1;
	if (dump->size <= TOLD_MAX)
		return json_array_append_new(dump->entries, entry) == 0;
	json_decref(entry);
	return false;
}

/* There is one cache, for all links. As much of it is told as one message may have. */
void varlink_dump_cache(struct varlink_client *client, const struct varlink_call *call)
{
	const struct facts *facts = client->service->front->facts;
	bool dnssec = facts->snapshot->conf->dnssec;
	struct dump dump = {.visitor.see = see, .now_us = boot_us()};

	if (!varlink_no_parameters(client, call))
		return;
	dump.message = malloc(MESSAGE_SIZE_MAX);
	dump.entries = json_array();
	if (dump.message != NULL && dump.entries != NULL)
		queries_visit_cache(facts->queries, &dump.visitor);
	free(dump.message);
	varlink_reply(client,
		json_pack("{s:[{s:s, s:o, s:s, s:s}]}", "dump", "protocol", "dns", "cache",
			dump.entries, "dnssec", dnssec ? "yes" : "no", "dnsOverTLS", "yes"));
}

/* No level is found out by trial: it is what the configuration says. */
static json_t *server_json(const struct upstream_facts *upstream, bool dnssec)
{
	bool plain = strcmp(upstream->protocol, "plain") == 0;
	const char *level = plain ? "UDP+EDNS0" : "TLS+EDNS0";

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:b, s:b, s:b, s:b, "
			 "s:b}",
		"Server", upstream->text, "Type", "system", "VerifiedFeatureLevel",
		upstream->readiness == UPSTREAM_READY ? level : "n/a", "PossibleFeatureLevel",
		level, "DNSSECMode", dnssec ? "yes" : "no", "DNSSECSupported", dnssec,
		"ReceivedUDPFragmentMax", 0, "FailedUDPAttempts", 0, "FailedTCPAttempts", 0,
		"PacketTruncated", false, "PacketBadOpt", false, "PacketRRSIGMissing", false,
		"PacketInvalid", false, "PacketDoOff", false);
}

void varlink_dump_servers(struct varlink_client *client, const struct varlink_call *call)
{
	const struct facts *facts = client->service->front->facts;
	json_t *array = json_array();
	struct upstream_facts upstream;

	if (!varlink_no_parameters(client, call)) {
		json_decref(array);
		return;
	}
	for (size_t i = 0; figures_upstream(facts, i, &upstream); i++)
		json_array_append_new(
			array, server_json(&upstream, facts->snapshot->conf->dnssec));
	varlink_reply(client, json_pack("{s:o}", "dump", array));
}

void varlink_dump_statistics(struct varlink_client *client, const struct varlink_call *call)
{
	uint64_t figures[FIGURES_N];

	if (!varlink_no_parameters(client, call))
		return;
	front_statistics(client->service->front, figures);
#define FIGURE(name) (json_int_t) figures[FIGURE_##name]
	/* What took too long is not counted apart from what failed otherwise. */
	varlink_reply(client,
		json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I, "
			  "s:I, s:I}}",
			"transactions", "currentTransactions", FIGURE(queries_under_way),
			"totalTransactions", FIGURE(queries_received), "totalTimeouts",
			(json_int_t)0, "totalTimeoutsServedStale", (json_int_t)0,
			"totalFailedResponses", FIGURE(queries_failed),
			"totalFailedResponsesServedStale", FIGURE(cache_stale_answers), "cache",
			"size", FIGURE(cache_entries), "hits", FIGURE(cache_hits), "misses",
			FIGURE(cache_misses), "dnssec", "secure", FIGURE(dnssec_secure),
			"insecure", FIGURE(dnssec_insecure), "bogus", FIGURE(dnssec_bogus),
			"indeterminate", FIGURE(dnssec_failed)));
#undef FIGURE
}

void varlink_reset_statistics(struct varlink_client *client, const struct varlink_call *call)
{
	if (!varlink_no_parameters(client, call))
		return;
	front_reset_statistics(client->service->front);
	varlink_reply(client, json_object());
}

void varlink_flush_caches(struct varlink_client *client, const struct varlink_call *call)
{
	if (!varlink_no_parameters(client, call))
		return;
	facts_flush(client->service->front->facts);
	varlink_reply(client, json_object());
}

/* Nothing is learnt of servers that would have to be forgotten. */
void varlink_reset_servers(struct varlink_client *client, const struct varlink_call *call)
{
	if (varlink_no_parameters(client, call))
		varlink_reply(client, json_object());
}
