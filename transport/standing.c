/* SPDX-License-Identifier: MIT */
#include "transport/standing.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REST_MS = 100, /* doubled with each failure */
	REST_MAX_MS = 30000,
	REST_REFUSED_MS = 1000,
	REST_REFUSED_MAX_MS = 60000,
};

void standing_init(struct standing *standing, struct loop *loop, struct trace *trace,
	const struct endpoint *endpoint)
{
	standing->loop = loop;
	standing->trace = trace;
	standing->endpoint = endpoint;
}

void standing_done(struct standing *standing)
{
	timer_done(&standing->timer);
}

void standing_tell(struct standing *standing, enum trace_kind kind, const struct conn *conn,
	const struct verdict *verdict)
{
	bool good = kind == TRACE_ACCEPTED;
	const char *why = good ? "" : standing->why;
	struct wire der[VERIFY_CHAIN_MAX + 1];
	struct trace_event event = {
		.kind = kind,
		.upstream = standing->endpoint->text,
		.repeated = standing->told && standing->told_kind == kind &&
			    strcmp(standing->told_why, why) == 0,
		.why = good ? NULL : why,
		.verdict = verdict,
		.der = der,
	};

	if (conn != NULL) {
		event.tls = conn_tls(conn);
		event.n_der = conn_certificates(conn, der);
	}
	standing->told = true;
	standing->told_kind = kind;
	snprintf(standing->told_why, sizeof standing->told_why, "%s", why);
	standing->trace->tell(standing->trace, &event);
}

void standing_blame(struct standing *standing, enum transport_err err, const char *why)
{
	standing->err = err;
	snprintf(standing->why, sizeof standing->why, "%s%s",
		err == TRANSPORT_UNTRUSTED ? "certificate refused: " : "", why);
}

void standing_rest_for(struct standing *standing, uint64_t ms)
{
	/* A quarter more or less: those who failed together are not to come back together. */
	ms = ms * 3 / 4 + (uint64_t)random() % (ms / 2 + 1);
	standing->resting = timer_start(standing->loop, &standing->timer, ms);
}

void standing_rest(struct standing *standing)
{
	bool refused = standing->err == TRANSPORT_UNTRUSTED;
	uint64_t ms = refused ? REST_REFUSED_MS : REST_MS;
	uint64_t most = refused ? REST_REFUSED_MAX_MS : REST_MAX_MS;

	for (unsigned i = 0; i < standing->failures && ms < most; i++)
		ms *= 2;
	standing->failures++;
	standing_rest_for(standing, ms < most ? ms : most);
}

void standing_rested(struct standing *standing)
{
	standing->resting = false;
}

void standing_doubt(struct standing *standing)
{
	if (standing->failures == 0)
		standing->failures = 1;
}

void standing_hope(struct standing *standing, uint64_t ms)
{
	standing->hope_until_ms = loop_now_ms(standing->loop) + ms;
}

bool standing_hopes(const struct standing *standing)
{
	return loop_now_ms(standing->loop) < standing->hope_until_ms &&
	       standing->err != TRANSPORT_UNTRUSTED;
}

void standing_praise(struct standing *standing)
{
	standing->failures = 0;
	standing->hope_until_ms = 0;
}

void standing_forgive(struct standing *standing)
{
	timer_stop(&standing->timer);
	standing->resting = false;
	standing->failures = 0;
	standing->err = TRANSPORT_OK;
}
