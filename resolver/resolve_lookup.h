/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One lookup by function, for the files of them alone: resolve.c has its life,
 * resolve_hostname.c and resolve_service.c what is asked for these, resolve_end.c what it ends
 * with. It asks two questions at a time at most; when both have their replies, `next` is
 * called, from the loop.
 */
#include "resolver/resolve_answer.h"
#include "resolver/resolve_name.h"

enum {
	RESOLVE_QUESTIONS = 2,
	RESOLVE_TARGETS_MAX = 16,
	RESOLVE_LOOKUPS_MAX = 1024, /* those for the hosts of services are counted, too; */
	RESOLVE_HOSTS_MAX = RESOLVE_LOOKUPS_MAX / 2, /* but the rest is not for them */
};

struct resolver {
	const struct facts *facts;
	struct links *links; /* NULL: there are none */
	size_t n;            /* lookups under way */
};

struct resolve_question {
	struct inside inside;
	struct resolving *resolving;
	bool waits;
	struct wire reply; /* in inside.room; empty: none came */
	enum reply_source source;
	bool judges;   /* AD is what we have found out */
	uint64_t from; /* RESOLVE_… */
};

/* Of a SERVICE: the addresses of one of its services. */
struct resolve_target {
	struct resolving *service;
	size_t i;                 /* which */
	struct resolving *lookup; /* NULL: it has ended */
};

enum resolve_stage {
	RESOLVE_LAST,   /* asked for as it is; nothing else is tried */
	RESOLVE_HERE,   /* is it known here? */
	RESOLVE_SEARCH, /* with search domains behind it */
};

struct resolving {
	struct resolver *resolver;
	void (*done)(void *owner, const struct resolve_end *end);
	void *owner;
	struct turn turn;
	bool ended;
	void (*next)(struct resolving *);
	struct resolve_question questions[RESOLVE_QUESTIONS];
	size_t n_questions; /* that were asked together */
	unsigned waits_for; /* replies, or targets */
	unsigned followed;  /* aliases that a reply ended with */

	/* The request. */
	enum resolve_kind kind;
	int interface;
	uint64_t flags;
	int family;
	struct resolve_name name;
	uint16_t class, rrtype;
	char words[RESOLVE_TEXT_MAX]; /* what is asked for, for words */

	enum resolve_stage stage;                           /* HOSTNAME */
	size_t searched;                                    /* domains */
	struct resolve_target targets[RESOLVE_TARGETS_MAX]; /* SERVICE */
	bool has_target;                                    /* one has been found */

	/* What it points to is ours. */
	struct resolve_end end;
	char ede_text[READING_TEXT_MAX];
	char canonical[RESOLVE_TEXT_MAX];
	struct resolve_service_name service;
};

/* The INSIDE_… of its flags. */
unsigned resolving_options(const struct resolving *r);
/* Asks one more question; the replies are dealt with together. */
void resolving_ask(
	struct resolving *r, const struct resolve_name *name, uint16_t type, unsigned options);
/* Forgets the replies, before others are asked for. */
void resolving_ask_anew(struct resolving *r, void (*next)(struct resolving *));
/* The reply to the question at `i`. */
void resolving_read(const struct resolving *r, size_t i, struct reading *ret);
/* Who is asked may be no resolver, and leave out what an alias leads to (RFC 1034
 * section 4.3.1): the name becomes that, to be asked for. False: there is no such alias, or
 * there were too many. */
bool resolving_follow(struct resolving *r, size_t i, const struct reading *reading);
/* It is a part of the end: so is where it comes from. */
void resolving_add_flags(struct resolving *r, size_t i, const struct reading *reading);
/* It has ended, and is freed in the end of this turn. */
void resolving_end(struct resolving *r, enum resolve_err err);
void resolving_fail(struct resolving *r, const struct reading *reading);

/* Where all of it comes from: it is only as good as its worst part. 0: there is none yet. */
uint64_t resolve_flags_of_both(uint64_t a, uint64_t b);

/* Adds what the reply has; false: no memory. What is malformed is left out. */
[[nodiscard]] bool resolving_take_addresses(struct resolving *r, const struct reading *reading);
[[nodiscard]] bool resolving_take_names(struct resolving *r, const struct reading *reading);
[[nodiscard]] bool resolving_take_records(struct resolving *r, const struct reading *reading);
/* Frees all that it has. */
void resolve_end_clear(struct resolve_end *end);

/* How each kind begins; the request is good. */
void resolve_hostname_begin(struct resolving *r);
void resolve_service_begin(struct resolving *r);
