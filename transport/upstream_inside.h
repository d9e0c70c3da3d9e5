/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the files upstream*.c share: upstream.c is the server as others see it, upstream_links.c
 * its connections, upstream_plain.c what has none.
 */
#include "transport/relief.h"
#include "transport/standing.h"
#include "transport/ticket.h"
#include "transport/upstream.h"
#include "transport/waiting.h"

enum {
	UPSTREAM_LINKS_MAX = 4,
	UPSTREAM_VAIN_MAX = 3,     /* queries in a row that brought nothing */
	UPSTREAM_IDLE_MS = 120000, /* for a server that keeps connections as long as we like */
};

/* A connection of this upstream. */
struct link {
	struct conn_owner owner;
	struct upstream *upstream;
	struct conn *conn; /* NULL: none */
	uint64_t dialled_ms;
	bool has_ticket; /* it has brought one */
};

struct upstream {
	const struct endpoint *endpoint;
	const struct upstream_params *params;
	unsigned index;
	struct link links[UPSTREAM_LINKS_MAX];
	struct link *current; /* is being dialled, or takes attempts; NULL: none */
	struct link *beside;  /* is being dialled while current is silent; NULL: none */
	struct relief relief;
	struct waiting waiting;
	struct pace pace;
	struct standing standing;
	unsigned patience;       /* how often in a row it was doubted */
	unsigned vain;           /* queries since the last answer that brought nothing */
	uint64_t answered_ms;    /* when the last answer came */
	uint64_t well_ms;        /* or when it was last accepted */
	uint64_t closed_idle_ms; /* how long a connection was idle when it closed it, last time
				  */
	uint32_t idle_limit_ms;
	uint64_t suspect_ms;  /* nothing was heard from then on; 0: no such suspicion */
	struct net_path path; /* the way to it, when it was dialled */
	struct ticket *ticket;
	/* Certificates rarely lack SCTs, so a server is asked for more of them only when its
	 * own did not suffice; and from then on. */
	bool asks_scts;
	struct verdict *lacking; /* how it was refused before it was asked; else NULL */
};

static inline uint64_t upstream_now_ms(const struct upstream *upstream)
{
	return loop_now_ms(upstream->params->conn.loop);
}

static inline bool upstream_has_address(const struct upstream *upstream)
{
	return upstream->endpoint->subject.address_size > 0;
}

/* A query brought nothing. A server of which that is true of several in a row is not the first
 * choice any more. */
void upstream_note_vain(struct upstream *upstream);
/* What an answer says of the server. */
void upstream_note_answer(struct upstream *upstream, const struct attempt *attempt);
/* Nobody's any more. */
void upstream_release(struct attempt *attempt);

/* upstream_links.c */

/* Hears its connections, and who has waited for too long. */
void upstream_hear(struct upstream *upstream);
/* The way to it, as it is now; unchanged where nobody knows. */
void upstream_look_at_path(const struct upstream *upstream, struct net_path *path);
/* A new connection; beside the current one if there is one. */
void upstream_connect(struct upstream *upstream);
/* Gives up a connection: what it had is put into `orphans`. */
void upstream_drop(struct link *link, struct list *orphans);

/* upstream_plain.c */

/* TRANSPORT_NOMEM: not taken. */
enum transport_err upstream_ask_plainly(struct upstream *upstream, struct attempt *attempt);
void upstream_cancel_plainly(struct attempt *attempt);
