/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The configuration: files in the syntax of resolved.conf(5) -> one immutable struct conf, or a
 * list of mistakes. Every key is a row of options.def. This module knows what a value looks
 * like and which values this version supports, not what is done with them.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IP address and a port as they were configured. */
struct conf_address {
	uint8_t bytes[16]; /* network order; IPv4-mapped IPv6 is written as IPv4 */
	uint8_t size;      /* 4 or 16 */
	uint16_t port;     /* 0: the protocol's own */
};

struct conf_octets {
	uint8_t bytes[32];
	uint8_t size;
};

enum conf_protocol {
	CONF_PROTOCOL_TLS,
	CONF_PROTOCOL_HTTPS,
	CONF_PROTOCOL_PLAIN, /* in a route only */
};

/* [tls://|plain://]ADDR[:PORT][#NAME], https://ADDR|NAME[:PORT][/PATH][{?dns}][#NAME] */
struct conf_upstream {
	/* Size 0, with a port: https://NAME, whose address is to be found by asking others. */
	struct conf_address address;
	bool protocol_given; /* false: a bare address, Protocols= decides */
	enum conf_protocol protocol;
	const char *
		name; /* authentication name (RFC 8310), lower case, no final dot; NULL: none */
	const char *path;         /* https: of its URI; else NULL */
	bool get;                 /* https: asked by GET, else by POST */
	const char *text;         /* as it was written */
	size_t first_pin, n_pins; /* those of its address, in conf.pins */
};

/* Domains= */
struct conf_domain {
	const char *name; /* lower case, no final dot; "" is the root: ~. in [Resolve] */
	bool route_only;  /* written with a ~: it is not searched */
};

struct conf_route {
	struct conf_domain *domains;
	size_t n_domains;
	struct conf_upstream *upstreams;
	size_t n_upstreams;
	const char *file; /* where it begins */
	unsigned line;
};

/* What becomes of the servers that others give a link. */
enum conf_link_servers {
	CONF_LINK_SERVERS_IGNORE, /* they are shown, that is all */
	CONF_LINK_SERVERS_DOT,    /* they are upstreams as all others */
	CONF_LINK_SERVERS_PLAIN,  /* they are asked in plain text for domains routed there alone
				   */
};

/* LINK:WORD of LinkServers= */
struct conf_link {
	const char *pattern; /* as fnmatch(3) has it */
	enum conf_link_servers servers;
};

enum conf_post_quantum {
	CONF_POST_QUANTUM_NO,
	CONF_POST_QUANTUM_PREFER,
	CONF_POST_QUANTUM_REQUIRE,
};

/* PinPublicKey=ADDRESS sha256:… */
struct conf_pin {
	struct conf_address address; /* its port is 0 */
	struct conf_octets sha256;
	const char *text; /* as it was written */
};

/* ADDRESS/BITS; its address has no port, and zeroes behind the prefix */
struct conf_prefix {
	struct conf_address address;
	uint8_t bits;
};

/* [udp:|tcp:]ADDR[:PORT]; port 0: 53 */
struct conf_listener {
	struct conf_address address;
	bool udp, tcp;
};

enum conf_policy {
	CONF_POLICY_TWO_LOGS,
	CONF_POLICY_CHROME,
	CONF_POLICY_APPLE,
};

enum conf_distrust_kind {
	CONF_DISTRUST_KEY_ID,      /* DistrustIssuer=keyid:… */
	CONF_DISTRUST_SPKI,        /* DistrustIssuer=sha256:… */
	CONF_DISTRUST_CERTIFICATE, /* BlockCertificate=sha256:… */
	CONF_DISTRUST_SERIAL,      /* BlockCertificate=sha256:…/… */
};

struct conf_distrust {
	enum conf_distrust_kind kind;
	struct conf_octets id;
	struct conf_octets serial; /* CONF_DISTRUST_SERIAL; without zeroes in front */
	const char *text;          /* KEY=VALUE, as it was written */
};

enum { CONF_WORKERS_MAX = 64 };

/* What holds once all files are read. Arrays keep the order of the files. */
struct conf {
	atomic_uint references;
	struct conf_upstream *upstreams;
	size_t n_upstreams;
	/* FallbackDNS=, when there are others; else they are the upstreams. */
	struct conf_upstream *fallback;
	size_t n_fallback;
	struct conf_domain *domains; /* of the default route */
	size_t n_domains;
	bool read_etc_hosts;
	bool resolve_single_label;
	bool refuse_canary;      /* use-application-dns.net */
	uint16_t *refused_types; /* each once */
	size_t n_refused_types;
	bool stub_listener_udp, stub_listener_tcp; /* 127.0.0.53:53 and 127.0.0.54:53 */
	struct conf_listener *extra_listeners;
	size_t n_extra_listeners;
	bool cache, cache_negative, cache_from_localhost;
	size_t cache_size;           /* bytes */
	size_t cache_entries;        /* 0: as many as find room */
	uint32_t stale_s;            /* how long answers are kept beyond their time */
	struct conf_prefix *allowed; /* clients, besides those of this machine */
	size_t n_allowed;
	uint32_t rate_limit; /* queries a second of a client from elsewhere; 0: no limit */
	bool rebind_protection;
	const char **rebind_allow; /* domains; lower case, no final dot */
	size_t n_rebind_allow;
	unsigned workers; /* 1 … CONF_WORKERS_MAX */
	uint32_t query_timeout_ms;
	enum conf_protocol protocols[2]; /* for a bare address, the preferred one first */
	size_t n_protocols;
	enum conf_post_quantum post_quantum;
	struct conf_route *routes;
	size_t n_routes;
	enum conf_link_servers link_servers; /* of links that are not named */
	struct conf_link *links;             /* the first that fits holds */
	size_t n_links;
	bool portal_asks;          /* somebody is told when there may be a captive portal */
	bool portal_check;         /* NetworkManager's check may ask the link's own server */
	const char **portal_hosts; /* lower case, no final dot */
	size_t n_portal_hosts;
	enum conf_policy policy;
	const char *log_list; /* path */
	/* Paths of its signature, and of the key in PEM that verifies it; both, or both NULL.
	 */
	const char *log_list_signature, *log_list_key;
	struct conf_distrust *distrusted;
	size_t n_distrusted;
	struct conf_pin *pins; /* those of one address together */
	size_t n_pins;
	const char *trust_anchors;          /* path of a PEM file; NULL: the system's */
	const char *control_socket;         /* path; NULL: none */
	bool control_socket_given;          /* it is not the default */
	struct conf_address metrics_listen; /* size 0: nowhere */
	bool metrics_allow_remote;
	const char *dnstap_socket; /* path; NULL: none */
	bool dnssec;
	const char *trust_anchor_file; /* of DNSSEC; NULL: the root's keys that are built in */
	const char **negative_anchors; /* domains; lower case, no final dot */
	size_t n_negative_anchors;
};

/* Every mistake found, each one line "FILE:LINE: KEY: what is wrong" ("FILE: …" for a whole
 * file). */
struct conf_errors {
	char **lines;
	size_t count;
};

#define CONF_DEFAULT_PATH "/etc/ctresolved/ctresolved.conf"

/*
 * Reads PATH and then the files *.conf of the folder PATH.d, in the order of their names. A
 * later file overrides a scalar of an earlier one and adds to its lists; `KEY=` with nothing
 * behind it empties a list and resets a scalar to its default. The same scalar twice in one
 * section of one file is a mistake.
 *
 * path    NULL: CONF_DEFAULT_PATH, which may be missing: then all is default
 * errors  filled with every mistake, not only the first; conf_errors_clear() frees it
 *
 * Returns a configuration to be freed with conf_free(), or NULL when there was any mistake
 * (errors->count > 0) or no memory (errors->count == 0).
 */
struct conf *conf_load(const char *path, struct conf_errors *errors);

/* The same for text in memory, as the one file `name`. */
struct conf *conf_parse(
	const char *name, const char *text, size_t size, struct conf_errors *errors);

/* One more user of it. */
struct conf *conf_ref(struct conf *conf);
/* The last user frees it. NULL is allowed. */
void conf_free(struct conf *conf);
void conf_errors_clear(struct conf_errors *errors);

/* What LinkServers= says of the link of this name. */
enum conf_link_servers conf_link_servers(const struct conf *conf, const char *name);
