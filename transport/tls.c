/* SPDX-License-Identifier: MIT */
/*
 * The peer is judged inside the handshake, by GnuTLS's verify callback: before the client's
 * Finished, and so before any byte of an application could be written. A session that is
 * resumed does not come by there: what its peer had shown is judged before its ticket is
 * offered, and must be what the session then says of its peer. tls_write() asks once more.
 */
#include "transport/tls.h"
#include "transport/certmsg.h"
#include "transport/room.h"
#include "transport/ticket.h"
#include <assert.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/ocsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Certificates of 64 kB and their message's framing; more is refused before it is parsed. */
enum { HANDSHAKE_MESSAGE_MAX = VERIFY_CHAIN_BYTES_MAX + 1024 };

enum { EXTENSION_SCTS = 18 }; /* RFC 6962 section 3.3.1 */

/* AEAD ciphers and ephemeral keys alone. */
#define PRIORITY                                                                               \
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:"   \
	"+ECDHE-ECDSA:+ECDHE-RSA:"                                                             \
	"+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:"                           \
	"+SIGN-ECDSA-SECP521R1-SHA512:"                                                        \
	"+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512:+SIGN-EDDSA-ED25519:"        \
	"+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:"       \
	"+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512:+CTYPE-X509:+COMP-NULL:"           \
	"%SAFE_RENEGOTIATION"
/* P-256 first, which servers have and GnuTLS does fastest. */
#define CLASSIC ":+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1"
#define HYBRID ":+GROUP-X25519-MLKEM768"

static const char HYBRID_NAME[] = "X25519-MLKEM768";

struct tls_context {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	bool hybrid_alone; /* no other key exchange is offered */
	const struct trust *trust;
};

struct tls {
	gnutls_session_t session;
	const struct tls_context *context;
	const struct subject *subject;
	struct buf in, out;
	bool eof;
	bool trusted; /* the handshake is complete and the verdict was accept */
	struct ct_clock clock;
	bool asks_scts;
	/* What it answered: the extension's body (TLS 1.2), or its Certificate message (1.3).
	 */
	struct buf answer;
	struct ticket *offered; /* NULL: none */
	struct verdict offered_verdict;
	struct shown *shown; /* what was judged; NULL until then */
	const char *alpn;
	bool alpn_required;
	struct verdict verdict;
	const char *why;
};

bool tls_knows_post_quantum(void)
{
	return gnutls_group_get_id(HYBRID_NAME) != GNUTLS_GROUP_INVALID;
}

const char *tls_library_version(void)
{
	return gnutls_check_version(NULL);
}

static const char *priority_of(enum post_quantum post_quantum)
{
	if (post_quantum == POST_QUANTUM_NO || !tls_knows_post_quantum())
		return PRIORITY CLASSIC;
	return post_quantum == POST_QUANTUM_REQUIRE ? PRIORITY HYBRID : PRIORITY HYBRID CLASSIC;
}

struct tls_context *tls_context_new(const struct trust *trust, enum post_quantum post_quantum)
{
	struct tls_context *context = calloc(1, sizeof *context);

	/* Without the group there is nothing to be required. */
	assert(post_quantum != POST_QUANTUM_REQUIRE || tls_knows_post_quantum());

	if (context == NULL)
		return NULL;
	context->trust = trust;
	context->hybrid_alone = post_quantum == POST_QUANTUM_REQUIRE;
	if (gnutls_certificate_allocate_credentials(&context->credentials) < 0 ||
		gnutls_priority_init(&context->priority, priority_of(post_quantum), NULL) < 0) {
		tls_context_free(context);
		return NULL;
	}
	return context;
}

void tls_context_free(struct tls_context *context)
{
	if (context == NULL)
		return;
	if (context->credentials != NULL)
		gnutls_certificate_free_credentials(context->credentials);
	if (context->priority != NULL)
		gnutls_priority_deinit(context->priority);
	free(context);
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *data, size_t size)
{
	struct tls *tls = pointer;
	struct wire in = buf_bytes(&tls->in);

	if (in.size == 0 && !tls->eof) {
		gnutls_transport_set_errno(tls->session, EAGAIN);
		return -1;
	}
	if (size > in.size)
		size = in.size;
	if (size > 0)
		memcpy(data, in.data, size);
	buf_consume(&tls->in, size);
	return (ssize_t)size;
}

static int pull_ready(gnutls_transport_ptr_t pointer, [[maybe_unused]] unsigned ms)
{
	struct tls *tls = pointer;

	return buf_size(&tls->in) > 0 || tls->eof ? 1 : 0;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
	struct tls *tls = pointer;

	if (!buf_append(&tls->out, data, size)) {
		gnutls_transport_set_errno(tls->session, ENOMEM);
		return -1;
	}
	return (ssize_t)size;
}

/* An empty extension asks. */
static int send_scts_request(
	[[maybe_unused]] gnutls_session_t session, [[maybe_unused]] gnutls_buffer_t buffer)
{
	return GNUTLS_E_INT_RET_0;
}

/* TLS 1.2: the list comes in the ServerHello. */
static int receive_scts(gnutls_session_t session, const unsigned char *data, size_t size)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	buf_consume(&tls->answer, buf_size(&tls->answer));
	return buf_append(&tls->answer, data, size) ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static bool is_tls13(gnutls_session_t session)
{
	return gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
}

/* TLS 1.3: the list comes in the Certificate message. This is called when its bytes are in the
 * transcript already and have not been parsed yet. */
static int on_certificate(gnutls_session_t session, [[maybe_unused]] unsigned type,
	[[maybe_unused]] unsigned when, unsigned incoming, const gnutls_datum_t *message)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	if (incoming == 0 || !is_tls13(session))
		return 0;
	buf_consume(&tls->answer, buf_size(&tls->answer));
	if (!buf_append(&tls->answer, message->data, message->size))
		return GNUTLS_E_MEMORY_ERROR;
	certmsg_hide_scts(message->data, message->size);
	return 0;
}

static int ask_scts(gnutls_session_t session)
{
	gnutls_handshake_set_hook_function(
		session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, GNUTLS_HOOK_POST, on_certificate);
	return gnutls_session_ext_register(session, "signed_certificate_timestamp",
		EXTENSION_SCTS, GNUTLS_EXT_TLS, receive_scts, send_scts_request, NULL, NULL,
		NULL,
		GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO |
			GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO);
}

/* What came besides the certificates. False: malformed. */
static bool read_answer(struct tls *tls, struct peer *peer)
{
	struct wire answer = buf_bytes(&tls->answer);
	gnutls_datum_t staple = {0};
	struct certmsg message = {0};

	if (tls->asks_scts && is_tls13(tls->session)) {
		if (!certmsg_read(answer, &message))
			return false;
		peer->tls_scts = message.scts;
		peer->staple = message.staple;
		return true;
	}
	peer->tls_scts = answer;
	if (gnutls_ocsp_status_request_get2(tls->session, 0, &staple) >= 0)
		peer->staple = (struct wire){staple.data, staple.size};
	return true;
}

size_t tls_certificates(const struct tls *tls, struct wire ret[VERIFY_CHAIN_MAX + 1])
{
	unsigned n = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls->session, &n);

	if (peers == NULL)
		return 0;
	if (n > VERIFY_CHAIN_MAX)
		n = VERIFY_CHAIN_MAX + 1; /* refused for their number */
	for (unsigned i = 0; i < n; i++)
		ret[i] = (struct wire){peers[i].data, peers[i].size};
	return n;
}

/* Called once a full handshake, before our Finished. That the peer has the leaf's key is proved
 * before (TLS 1.3) or after (TLS 1.2) this, and in any case before the handshake is complete.
 */
static int judge_peer(gnutls_session_t session)
{
	struct tls *tls = gnutls_session_get_ptr(session);
	struct wire der[VERIFY_CHAIN_MAX + 1];
	struct peer peer = {.der = der};

	if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) != GNUTLS_CRT_X509)
		return GNUTLS_E_CERTIFICATE_ERROR;
	peer.n = tls_certificates(tls, der);
	if (!read_answer(tls, &peer))
		return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
	verify_peer(tls->context->trust, tls->subject, &peer, tls->clock, &tls->verdict);
	if (!tls->verdict.accepted)
		return GNUTLS_E_CERTIFICATE_ERROR;
	shown_unref(tls->shown);
	tls->shown = shown_new(&peer, tls->clock.now_ms);
	return tls->shown != NULL ? 0 : GNUTLS_E_MEMORY_ERROR;
}

/* What was judged before the ticket was offered holds for the session that it resumes. */
static bool accept_resumed(struct tls *tls)
{
	struct wire der[VERIFY_CHAIN_MAX + 1];
	size_t n = tls_certificates(tls, der);

	if (tls->offered == NULL || !shown_has(tls->offered->shown, der, n))
		return false;
	tls->shown = shown_ref(tls->offered->shown);
	tls->verdict = tls->offered_verdict;
	return tls->verdict.accepted;
}

/* Offers it, if what was shown then passes now. */
static int offer(struct tls *tls, struct ticket *ticket, struct ct_clock clock)
{
	int r;

	if (!ticket_judge(
		    ticket, tls->context->trust, tls->subject, clock, &tls->offered_verdict)) {
		ticket_free(ticket);
		return GNUTLS_E_SUCCESS;
	}
	tls->offered = ticket;
	r = gnutls_session_set_data(tls->session, ticket->session, ticket->size);
	return r == GNUTLS_E_MEMORY_ERROR ? r : GNUTLS_E_SUCCESS;
}

static int prepare_session(struct tls *tls)
{
	gnutls_datum_t protocol = {
		(unsigned char *)(uintptr_t)tls->alpn, (unsigned)strlen(tls->alpn)};
	gnutls_session_t session;
	int r;

	r = gnutls_init(
		&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS_TLS12);
	if (r < 0)
		return r;
	session = tls->session;
	gnutls_session_set_ptr(session, tls);
	gnutls_transport_set_ptr(session, tls);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, pull_ready);
	gnutls_transport_set_push_function(session, push);
	gnutls_handshake_set_max_packet_length(session, HANDSHAKE_MESSAGE_MAX);
	gnutls_session_set_verify_function(session, judge_peer);
	r = gnutls_priority_set(session, tls->context->priority);
	if (r >= 0)
		r = gnutls_credentials_set(
			session, GNUTLS_CRD_CERTIFICATE, tls->context->credentials);
	if (r >= 0)
		r = gnutls_alpn_set_protocols(session, &protocol, 1, 0);
	if (r >= 0)
		r = gnutls_ocsp_status_request_enable_client(session, NULL, 0, NULL);
	if (r >= 0 && tls->asks_scts)
		r = ask_scts(session);
	if (r >= 0 && tls->subject->name != NULL)
		r = gnutls_server_name_set(session, GNUTLS_NAME_DNS, tls->subject->name,
			strlen(tls->subject->name));
	return r;
}

enum transport_err tls_new(
	const struct tls_params *params, struct ct_clock clock, struct tls **ret)
{
	const struct subject *subject = params->subject;
	struct tls *tls = room_for(ROOM_FOR_CHAIN) ? calloc(1, sizeof *tls) : NULL;

	/* Who is dialled has an address, and it must be in the certificate. */
	assert(subject->address_size == 4 || subject->address_size == 16);
	if (tls == NULL) {
		ticket_free(params->ticket);
		return TRANSPORT_NOMEM;
	}
	tls->context = params->context;
	tls->subject = subject;
	tls->alpn = params->alpn;
	tls->alpn_required = params->alpn_required;
	tls->asks_scts = params->asks_scts;
	if (prepare_session(tls) < 0) {
		ticket_free(params->ticket);
		tls_free(tls);
		return TRANSPORT_NOMEM;
	}
	if (params->ticket != NULL && offer(tls, params->ticket, clock) < 0) {
		tls_free(tls);
		return TRANSPORT_NOMEM;
	}
	*ret = tls;
	return TRANSPORT_OK;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	if (tls->session != NULL)
		gnutls_deinit(tls->session);
	buf_clear(&tls->in);
	buf_clear(&tls->out);
	buf_clear(&tls->answer);
	ticket_free(tls->offered);
	shown_unref(tls->shown);
	free(tls);
}

struct buf *tls_in(struct tls *tls)
{
	return &tls->in;
}

struct buf *tls_out(struct tls *tls)
{
	return &tls->out;
}

void tls_eof(struct tls *tls)
{
	tls->eof = true;
}

static const char *alert_words(const struct tls *tls)
{
	gnutls_alert_description_t alert = gnutls_alert_get(tls->session);
	const char *name = gnutls_alert_get_name(alert);
	/* RFC 8446 section 4.1.1: so speaks a server that has no group of ours. */
	bool refused =
		alert == GNUTLS_A_HANDSHAKE_FAILURE || alert == GNUTLS_A_INSUFFICIENT_SECURITY;

	if (refused && tls->context->hybrid_alone && !tls->trusted)
		return "the server refuses: it may not know X25519MLKEM768, which is required";
	return name != NULL ? name : "the server sent an unknown alert";
}

/* GnuTLS's codes end here. */
static enum transport_err failed(struct tls *tls, int code)
{
	switch (code) {
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED: return TRANSPORT_WAIT;
	case GNUTLS_E_MEMORY_ERROR: tls->why = "out of memory"; return TRANSPORT_NOMEM;
	case GNUTLS_E_PREMATURE_TERMINATION:
		tls->why = "the server closed the connection";
		return TRANSPORT_LOST;
	case GNUTLS_E_FATAL_ALERT_RECEIVED: tls->why = alert_words(tls); return TRANSPORT_TLS;
	default: tls->why = gnutls_strerror(code); return TRANSPORT_TLS;
	}
}

static bool agreed_on(const struct tls *tls)
{
	gnutls_datum_t protocol = {0};

	return gnutls_alpn_get_selected_protocol(tls->session, &protocol) >= 0 &&
	       protocol.size == strlen(tls->alpn) &&
	       memcmp(protocol.data, tls->alpn, protocol.size) == 0;
}

enum transport_err tls_handshake(struct tls *tls, struct ct_clock clock)
{
	bool judged;
	int r;

	tls->clock = clock;
	if (!room_for(ROOM_FOR_CHAIN)) {
		tls->why = "out of memory";
		return TRANSPORT_NOMEM;
	}
	do
		r = gnutls_handshake(tls->session);
	while (r == GNUTLS_E_WARNING_ALERT_RECEIVED);
	judged = tls->verdict.accepted || verdict_reason(&tls->verdict)[0] != '\0';
	if (r < 0 && judged && !tls->verdict.accepted) {
		gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
		tls->why = verdict_reason(&tls->verdict);
		return TRANSPORT_UNTRUSTED;
	}
	if (r < 0) {
		enum transport_err err = failed(tls, r);

		if (err == TRANSPORT_TLS && r != GNUTLS_E_FATAL_ALERT_RECEIVED)
			gnutls_alert_send_appropriate(tls->session, r);
		return err;
	}
	if (gnutls_session_is_resumed(tls->session) ? !accept_resumed(tls)
						    : !tls->verdict.accepted) {
		tls->why = "the handshake ended without a certificate to judge";
		return TRANSPORT_UNTRUSTED;
	}
	buf_clear(&tls->answer);
	if (tls->alpn_required && !agreed_on(tls)) {
		tls->why = "the server does not speak HTTP/2";
		return TRANSPORT_PROTOCOL;
	}
	tls->trusted = true;
	return TRANSPORT_OK;
}

struct ticket *tls_ticket(struct tls *tls)
{
	gnutls_datum_t session = {0};
	struct ticket *ticket = NULL;

	/* Tickets of TLS 1.2 come without forward secrecy (RFC 8446 appendix F.1). */
	if (!tls->trusted || !is_tls13(tls->session) ||
		(gnutls_session_get_flags(tls->session) & GNUTLS_SFLAGS_SESSION_TICKET) == 0)
		return NULL;
	if (gnutls_session_get_data2(tls->session, &session) < 0)
		return NULL;
	ticket = ticket_new((struct wire){session.data, session.size}, tls->shown);
	gnutls_memset(session.data, 0, session.size);
	gnutls_free(session.data);
	return ticket;
}

enum transport_err tls_write(struct tls *tls, struct wire bytes)
{
	if (!tls->trusted) {
		tls->why = "not judged yet";
		return TRANSPORT_UNTRUSTED;
	}
	while (bytes.size > 0) {
		ssize_t n = gnutls_record_send(tls->session, bytes.data, bytes.size);

		/* push() never asks to wait, so neither does this. */
		if (n <= 0)
			return failed(tls, (int)n) == TRANSPORT_NOMEM ? TRANSPORT_NOMEM
								      : TRANSPORT_TLS;
		bytes.data += n;
		bytes.size -= (size_t)n;
	}
	return TRANSPORT_OK;
}

enum transport_err tls_read(struct tls *tls, uint8_t *data, size_t size, size_t *ret_n)
{
	size_t before;
	ssize_t n;

	/* A record that is not the application's, a session ticket for one, also ends in
	 * "again". */
	do {
		before = buf_size(&tls->in);
		n = gnutls_record_recv(tls->session, data, size);
	} while (n == GNUTLS_E_AGAIN && buf_size(&tls->in) > 0 && buf_size(&tls->in) < before);
	if (n > 0) {
		*ret_n = (size_t)n;
		return TRANSPORT_OK;
	}
	if (n == 0) {
		tls->why = "the server closed the connection";
		return TRANSPORT_LOST;
	}
	/* A renegotiation (GNUTLS_E_REHANDSHAKE) could bring another certificate: never. */
	return failed(tls, (int)n);
}

void tls_close(struct tls *tls)
{
	if (tls->trusted)
		gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

const struct verdict *tls_verdict(const struct tls *tls)
{
	return &tls->verdict;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why != NULL ? tls->why : "";
}

struct tls_facts tls_facts(const struct tls *tls)
{
	gnutls_protocol_t version = gnutls_protocol_get_version(tls->session);
	gnutls_group_t group = gnutls_group_get(tls->session);
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(tls->session);
	struct tls_facts facts = {
		.version = version != GNUTLS_VERSION_UNKNOWN ? gnutls_protocol_get_name(version)
							     : NULL,
		.group = group != GNUTLS_GROUP_INVALID ? gnutls_group_get_name(group) : NULL,
		.cipher = cipher != GNUTLS_CIPHER_UNKNOWN && cipher != GNUTLS_CIPHER_NULL
				  ? gnutls_cipher_get_name(cipher)
				  : NULL,
	};

	facts.resumed = tls->trusted && gnutls_session_is_resumed(tls->session);
	facts.post_quantum = facts.group != NULL && strstr(facts.group, "MLKEM") != NULL;
	return facts;
}
