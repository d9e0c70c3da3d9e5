/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * DNSSEC validation (RFC 4033 to 4035, 5155, 6840, 9276), as a judge who asks nobody: it says
 * which DS or DNSKEY RRset it lacks, is told the answer, and is asked again. What it has learnt
 * of zones it keeps, so most questions need nothing more. No sockets, no clock: the time is
 * handed in, in seconds since 1970.
 */
#include "resolver/message.h"

/* Trust anchors, and what is known of zones. */
struct dnssec;

enum dnssec_result {
	DNSSEC_SECURE,
	DNSSEC_INSECURE, /* it is proven that nobody has signed it, or cannot be judged by us */
	DNSSEC_BOGUS,
	DNSSEC_INDETERMINATE, /* it could not be found out: to clients the same as bogus */
	DNSSEC_NEED,          /* an answer to need_question, with dnssec_learn() */
};

/* What one query of a client has cost; zeroed by its owner when the query begins. Past any of
 * these the verdict is bogus (CVE-2023-50387, CVE-2023-50868). */
enum {
	DNSSEC_FETCHES_MAX = 40,
	DNSSEC_SIGNATURES_MAX = 100,
	DNSSEC_DIGESTS_MAX = 64,
	DNSSEC_HASHES_MAX = 150,
	/* And no more signatures a second than these, all queries together (half as many
	 * milliseconds of a usual machine's; those of P-384 count as eight, and so on); then
	 * the verdict is indeterminate. */
	DNSSEC_SIGNATURES_A_SECOND = 5000,
};

struct dnssec_work {
	unsigned fetches, signatures, digests, hashes;
	bool spent; /* no more is done for it */
	/* Its owner's: the time is no more than a bound, so what is not yet valid may well be
	 * (else no time server would ever be found). */
	bool clock_unset;
};

enum { DNSSEC_QUESTION_MAX = 255 + 4, DNSSEC_WHY_MAX = 192 };

struct dnssec_verdict {
	enum dnssec_result result;
	/* An Extended DNS Error and its text, when bogus or indeterminate; when insecure
	 * because of something that we do not support, that. Printable. */
	enum ede ede;
	char why[DNSSEC_WHY_MAX];
	/* For how long it may be kept at most (RFC 4035 section 5.3.3); UINT32_MAX: as long as
	 * its own TTLs say. */
	uint32_t max_ttl_s;
	/* DNSSEC_NEED: name, type and class of the question to be asked, with DO and CD, by
	 * the same way as the client's own. */
	uint8_t need[DNSSEC_QUESTION_MAX];
	size_t need_size;
};

struct dnssec_params {
	const char
		*anchor_file; /* DS and DNSKEY in zone format; NULL: the root's own, built in */
	const char *const *negative; /* below these domains nothing is judged; as text */
	size_t n_negative;
	size_t store_bytes; /* 0: 1 MiB */
};

/* Is validation built in? Without, dnssec_new() always fails, in words. */
extern const bool dnssec_supported;

/* NULL: why says what is wrong. */
struct dnssec *dnssec_new(const struct dnssec_params *params, char *why, size_t why_size);
/* NULL is allowed. */
void dnssec_free(struct dnssec *dnssec);
/* Forgets what was learnt of zones. */
void dnssec_flush(struct dnssec *dnssec);
/* For tests and for who knows the machine: see DNSSEC_SIGNATURES_A_SECOND. */
void dnssec_limit(struct dnssec *dnssec, unsigned signatures_a_second);

/*
 * Judges an answer that was asked for with DO and CD, and has passed message_read_answer(): so
 * its question is the one that was asked. Borrowed during the call.
 */
void dnssec_judge(struct dnssec *dnssec, struct wire message, uint64_t now_s,
	struct dnssec_work *work, struct dnssec_verdict *ret);

/*
 * Takes the answer to a question of dnssec_judge()'s, that passed message_read_answer() too.
 * `message` empty (no bytes): there is none, and `why` says why, which is believed for seconds.
 */
void dnssec_learn(struct dnssec *dnssec, struct wire question, struct wire message,
	const char *why, uint64_t now_s, struct dnssec_work *work);

/*
 * Writes what of a judged answer a client gets: header, question, answer, authority; without
 * RRSIG, NSEC and NSEC3, but for the type that was asked for, unless dnssec_ok (RFC 4035
 * section 3.2.1); and in any case without what nobody has judged: other authority records than
 * SOA and proofs, and additional ones but OPT. AD is set if `secure`, else clear. Returns the
 * size; 0: malformed, no memory, or larger than `out`.
 */
size_t dnssec_strip(
	struct wire message, bool dnssec_ok, bool secure, uint8_t *out, size_t size);
