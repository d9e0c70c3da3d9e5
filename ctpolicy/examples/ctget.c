/* SPDX-License-Identifier: MIT */
/*
 * ctget LOG_LIST ADDRESS PORT [NAME [CA.pem]]: a TLS client that wants its server's certificate
 * to be publicly logged. Shakes hands, prints the verdict, and hangs up. Exit status: 0
 *accepted, 1 refused, 2 error.
 *
 *	cc ctget.c $(pkg-config --cflags --libs ctpolicy gnutls)
 *
 * What it simplifies: it looks at embedded SCTs alone, which nearly all servers have; it takes
 * the log list as it finds it, where one that was fetched wants ct_signature_verify(); it
 * believes the clock; and it waits for as long as the server likes.
 */
#include <ctpolicy.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ACCEPTED = 0, REFUSED = 1, ERROR = 2 };

struct peer {
	const struct ct_log_list *list;
	const char *name;
	bool accepted;
	char why[512]; /* "": it was not judged */
};

/* The leaf, and its issuer in the verified chain. GnuTLS hands no pointer of ours to
 * verify_step(), so a thread has one verification at a time. */
static _Thread_local gnutls_datum_t leaf, issuer;

/* Called for each certificate of the chain that GnuTLS built, with the one that signed it. That
 * is not always the second one that the server sent: servers send them in any order, and leave
 * out those that everybody has. */
static int verify_step(
	gnutls_x509_crt_t crt, gnutls_x509_crt_t signer, gnutls_x509_crl_t crl, unsigned status)
{
	gnutls_datum_t der = {NULL, 0};

	if (crl != NULL || signer == NULL || status != 0 ||
		gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return 0;
	if (der.size == leaf.size && memcmp(der.data, leaf.data, leaf.size) == 0) {
		gnutls_free(issuer.data);
		issuer = (gnutls_datum_t){NULL, 0};
		(void)gnutls_x509_crt_export2(signer, GNUTLS_X509_FMT_DER, &issuer);
	}
	gnutls_free(der.data);
	return 0;
}

/* Chain, name and purpose. */
static bool verify_chain(gnutls_session_t session, struct peer *peer)
{
	gnutls_typed_vdata_st wanted[] = {
		{GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)peer->name, 0},
		{GNUTLS_DT_KEY_PURPOSE_OID,
			(unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0},
	};
	gnutls_datum_t text = {NULL, 0};
	unsigned status = 0;
	int r = gnutls_certificate_verify_peers(session, wanted, 2, &status);

	if (r >= 0 && status == 0)
		return true;
	if (r >= 0)
		r = gnutls_certificate_verification_status_print(
			status, GNUTLS_CRT_X509, &text, 0);
	snprintf(peer->why, sizeof peer->why, "%s",
		r >= 0 ? (char *)text.data : gnutls_strerror(r));
	gnutls_free(text.data);
	return false;
}

/* Within the handshake, so that a server which fails gets to read nothing. */
static int verify(gnutls_session_t session)
{
	struct peer *peer = gnutls_session_get_ptr(session);
	const gnutls_datum_t *sent = gnutls_certificate_get_peers(session, NULL);
	struct ct_clock clock = {.now_ms = (uint64_t)time(NULL) * 1000};
	struct ct_evidence evidence = {0};
	struct ct_report report;

	if (sent == NULL)
		return -1;
	leaf = sent[0];
	if (!verify_chain(session, peer))
		return -1;
	/* A leaf that is an anchor itself has no issuer here; its SCTs then do not count. */
	evidence.leaf = (struct ct_bytes){leaf.data, leaf.size};
	evidence.issuer = (struct ct_bytes){issuer.data, issuer.size};
	peer->accepted = ct_check(peer->list, CT_POLICY_CHROME, &evidence, clock, &report) ==
			 CT_COMPLIANT;
	ct_report_text(&report, peer->why, sizeof peer->why);
	return peer->accepted ? 0 : -1;
}

/* The address is one in digits. */
static int dial(const char *address, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *to;
	int fd;

	if (getaddrinfo(address, port, &hints, &to) != 0)
		return -1;
	fd = socket(to->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(to);
	return fd;
}

static int shake_hands(gnutls_session_t session, gnutls_certificate_credentials_t trust,
	const char *ca, bool named, struct peer *peer)
{
	int r = ca != NULL
			? gnutls_certificate_set_x509_trust_file(trust, ca, GNUTLS_X509_FMT_PEM)
			: gnutls_certificate_set_x509_system_trust(trust);

	if (r >= 0)
		r = gnutls_set_default_priority(session);
	if (r >= 0)
		r = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust);
	if (r >= 0 && named)
		r = gnutls_server_name_set(
			session, GNUTLS_NAME_DNS, peer->name, strlen(peer->name));
	gnutls_session_set_ptr(session, peer);
	gnutls_session_set_verify_function(session, verify);
	gnutls_session_set_verify_output_function(session, verify_step);
	if (r >= 0)
		do
			r = gnutls_handshake(session);
		while (r < 0 && gnutls_error_is_fatal(r) == 0);
	return r;
}

static int get(int fd, const char *ca, bool named, struct peer *peer)
{
	gnutls_certificate_credentials_t trust = NULL;
	gnutls_session_t session = NULL;
	int r = gnutls_certificate_allocate_credentials(&trust);

	if (r >= 0)
		r = gnutls_init(&session, GNUTLS_CLIENT);
	if (r >= 0) {
		gnutls_transport_set_int(session, fd);
		r = shake_hands(session, trust, ca, named, peer);
	}
	if (r >= 0) /* a client with something to say would say it here */
		gnutls_bye(session, GNUTLS_SHUT_WR);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(trust);
	gnutls_free(issuer.data);
	if (peer->why[0] == '\0' || (r < 0 && peer->accepted)) {
		fprintf(stderr, "ctget: %s\n", gnutls_strerror(r));
		return ERROR;
	}
	printf("%s: %s\n", peer->accepted ? "accept" : "refuse", peer->why);
	return peer->accepted ? ACCEPTED : REFUSED;
}

static struct ct_log_list *load(const char *path)
{
	struct ct_error error = {"it cannot be read"};
	struct ct_log_list *list = NULL;
	gnutls_datum_t json = {NULL, 0};

	if (gnutls_load_file(path, &json) < 0 ||
		ct_log_list_parse((struct ct_bytes){json.data, json.size}, &list, &error) !=
			CT_OK)
		fprintf(stderr, "ctget: %s: %s\n", path, error.text);
	gnutls_free(json.data);
	return list;
}

int main(int argc, char **argv)
{
	struct ct_log_list *list;
	int fd, status = ERROR;

	if (argc < 4 || argc > 6) {
		fputs("usage: ctget LOG_LIST ADDRESS PORT [NAME [CA.pem]]\n", stderr);
		return ERROR;
	}
	list = load(argv[1]);
	fd = list != NULL ? dial(argv[2], argv[3]) : -1;
	if (fd >= 0) {
		struct peer peer = {.list = list, .name = argc > 4 ? argv[4] : argv[2]};

		status = get(fd, argc > 5 ? argv[5] : NULL, argc > 4, &peer);
		close(fd);
	} else if (list != NULL) {
		perror("ctget");
	}
	ct_log_list_free(list);
	return status;
}
