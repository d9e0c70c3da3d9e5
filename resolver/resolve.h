/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Lookups for programs that ask by function, not by message: what org.freedesktop.resolve1(5)
 * and io.systemd.Resolve have in common. Each is one or more questions through query.c, as
 * those of any client.
 */
#include "resolver/figures.h"
#include "resolver/links.h"
#include <sys/socket.h>

/* Of resolve1's 64 bits. */
#define RESOLVE_DNS (UINT64_C(1) << 0)
#define RESOLVE_LLMNR_IPV4 (UINT64_C(1) << 1)
#define RESOLVE_LLMNR_IPV6 (UINT64_C(1) << 2)
#define RESOLVE_MDNS_IPV4 (UINT64_C(1) << 3)
#define RESOLVE_MDNS_IPV6 (UINT64_C(1) << 4)
#define RESOLVE_NO_CNAME (UINT64_C(1) << 5)
#define RESOLVE_NO_TXT (UINT64_C(1) << 6)
#define RESOLVE_NO_ADDRESS (UINT64_C(1) << 7)
#define RESOLVE_NO_SEARCH (UINT64_C(1) << 8)
#define RESOLVE_AUTHENTICATED (UINT64_C(1) << 9)
#define RESOLVE_NO_VALIDATE (UINT64_C(1) << 10)
#define RESOLVE_NO_SYNTHESIZE (UINT64_C(1) << 11)
#define RESOLVE_NO_CACHE (UINT64_C(1) << 12)
#define RESOLVE_NO_ZONE (UINT64_C(1) << 13)
#define RESOLVE_NO_TRUST_ANCHOR (UINT64_C(1) << 14)
#define RESOLVE_NO_NETWORK (UINT64_C(1) << 15)
#define RESOLVE_CONFIDENTIAL (UINT64_C(1) << 18)
#define RESOLVE_SYNTHETIC (UINT64_C(1) << 19)
#define RESOLVE_FROM_CACHE (UINT64_C(1) << 20)
#define RESOLVE_FROM_ZONE (UINT64_C(1) << 21)
#define RESOLVE_FROM_TRUST_ANCHOR (UINT64_C(1) << 22)
#define RESOLVE_FROM_NETWORK (UINT64_C(1) << 23)
#define RESOLVE_NO_STALE (UINT64_C(1) << 24)
#define RESOLVE_RELAX_SINGLE_LABEL (UINT64_C(1) << 25)

struct resolver;
struct resolving; /* one lookup */

enum resolve_kind { RESOLVE_HOSTNAME, RESOLVE_ADDRESS, RESOLVE_RECORD, RESOLVE_SERVICE };

/* Borrowed during the call. */
struct resolve_request {
	enum resolve_kind kind;
	int interface; /* its index; 0: any */
	uint64_t flags;
	const char *name;   /* HOSTNAME, RECORD; SERVICE: that of the instance, "" for none */
	const char *type;   /* SERVICE: "_ipp._tcp", "" for none */
	const char *domain; /* SERVICE */
	int family; /* HOSTNAME, and addresses of a SERVICE: AF_INET, AF_INET6; AF_UNSPEC: both
		     */
	struct address address; /* ADDRESS */
	uint16_t class, rrtype; /* RECORD */
};

enum resolve_err {
	RESOLVE_OK,
	RESOLVE_INVALID_NAME,
	RESOLVE_INVALID_FLAGS,
	RESOLVE_INVALID_FAMILY,
	RESOLVE_NO_SUCH_LINK,
	RESOLVE_NO_NAME_SERVERS,
	RESOLVE_NO_SUCH_RR,
	RESOLVE_TIMED_OUT,
	RESOLVE_DNS_ERROR, /* see rcode, ede */
	RESOLVE_DNSSEC_FAILED,
	RESOLVE_NO_SOURCE,
	RESOLVE_TYPE_UNSUPPORTED, /* one that is none of data: OPT, TSIG, … */
	RESOLVE_CNAME_LOOP,
	RESOLVE_INVALID_REPLY,
	RESOLVE_NO_SUCH_SERVICE, /* a service that says that it does not exist: "." */
	RESOLVE_NOMEM,
};

struct resolved_address {
	int interface; /* 0: none in particular */
	int family;
	struct address address;
};

struct resolved_name {
	int interface;
	char *name; /* as people write it, without a final dot */
};

struct resolved_record {
	int interface;
	uint16_t class, type;
	uint8_t *rr; /* the whole record, no name compressed */
	size_t size;
};

struct resolved_service {
	uint16_t priority, weight, port;
	char *host, *canonical;
	struct resolved_address *addresses;
	size_t n_addresses;
};

/* How it ended; borrowed during done(). Without an error there is at least one of what was
 * asked for. */
struct resolve_end {
	enum resolve_err err;
	unsigned rcode;        /* DNS_ERROR */
	int ede;               /* Extended DNS Error (RFC 8914); -1: none */
	const char *ede_text;  /* "" for none; UTF-8 without control characters */
	const char *name;      /* which it is about, for words */
	uint64_t flags;        /* where it comes from */
	const char *canonical; /* HOSTNAME */
	struct resolved_address *addresses;
	size_t n_addresses;
	struct resolved_name *names;
	size_t n_names;
	struct resolved_record *records;
	size_t n_records;
	struct resolved_service *services;
	size_t n_services;
	struct resolved_txt {
		uint8_t *data;
		size_t size;
	} * txts;
	size_t n_txts;
	/* SERVICE: as it is called, in the parts that D-Bus and varlink want. */
	const char *service_name, *service_type, *service_domain;
};

/* All borrowed. links NULL: there are none. NULL: no memory. */
struct resolver *resolver_new(const struct facts *facts, struct links *links);
/* None may be under way. NULL is allowed. */
void resolver_free(struct resolver *resolver);

/*
 * Begins one. done() is called once, later, never from within; unless resolving_cancel() was
 * called. Nothing that is wrong with the request is said by another way. NULL: no memory.
 */
struct resolving *resolve(struct resolver *resolver, const struct resolve_request *request,
	void (*done)(void *owner, const struct resolve_end *end), void *owner);
/* done() will not be called. NULL is allowed. */
void resolving_cancel(struct resolving *resolving);

/* Are these flags that a program may ask with? They say nothing of where an answer comes from.
 */
bool resolve_flags_good(enum resolve_kind kind, uint64_t flags);
/* What went wrong, in words, as resolvectl shows it: "Name 'x.example' not found". With the
 * text of the Extended DNS Error, so that who is told learns why. */
void resolve_why(const struct resolve_end *end, char *out, size_t size);
