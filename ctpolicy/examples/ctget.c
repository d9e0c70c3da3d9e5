/* SPDX-License-Identifier: MIT */
/* ctget LOG_LIST ADDRESS PORT NAME CA.pem: shakes hands with a TLS server whose certificate is
 *publicly logged. Exit status: 0 accepted, 1 refused, 2 error. Embedded SCTs alone are looked
 *at.
 *
 *	cc ctget.c $(pkg-config --cflags --libs ctpolicy gnutls) */
#include <arpa/inet.h>
#include <ctpolicy.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct ct_log_list *list;
static const char *name;
static gnutls_datum_t issuer; /* of the leaf, in the chain that was verified */

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "ctget: %s: %s\n", what, why);
	return 2;
}

/* GnuTLS tells each step of the chain that it has built, the leaf's last; servers send
 * certificates in any order, and leave out what everybody has. */
static int on_step(
	gnutls_x509_crt_t crt, gnutls_x509_crt_t signer, gnutls_x509_crl_t crl, unsigned status)
{
	(void)crt, (void)crl, (void)status;
	gnutls_free(issuer.data);
	issuer = (gnutls_datum_t){NULL, 0};
	return signer != NULL ? gnutls_x509_crt_export2(signer, GNUTLS_X509_FMT_DER, &issuer)
			      : 0;
}

/* Called within the handshake, before anything could be sent. */
static int verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st wanted[] = {
		{GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)name, 0},
		{GNUTLS_DT_KEY_PURPOSE_OID,
			(unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0}};
	const gnutls_datum_t *leaf = gnutls_certificate_get_peers(session, NULL);
	struct ct_clock clock = {.now_ms = (uint64_t)time(NULL) * 1000};
	char text[512] = "its chain, its name or its purpose is wrong";
	unsigned status = 0;
	int good = gnutls_certificate_verify_peers(session, wanted, 2, &status) >= 0 &&
		   status == 0;

	if (good) {
		struct ct_evidence evidence = {
			.leaf = {leaf->data, leaf->size}, .issuer = {issuer.data, issuer.size}};
		struct ct_report report;

		good = ct_check(list, CT_POLICY_CHROME, &evidence, clock, &report) ==
		       CT_COMPLIANT;
		ct_report_text(&report, text, sizeof text);
	}
	printf("%s: %s\n", good ? "accept" : "refuse", text);
	return good ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct ct_error error = {"it cannot be read"};
	gnutls_certificate_credentials_t trust;
	gnutls_session_t session;
	gnutls_datum_t json;
	int fd = socket(AF_INET, SOCK_STREAM, 0), r;

	if (argc != 6)
		return fail("usage", "ctget LOG_LIST ADDRESS PORT NAME CA.pem");
	if (gnutls_load_file(argv[1], &json) < 0 ||
		ct_log_list_parse((struct ct_bytes){json.data, json.size}, &list, &error) !=
			CT_OK)
		return fail(argv[1], error.text);
	to.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		return fail(argv[2], "no connection");
	name = argv[4];
	if (gnutls_certificate_allocate_credentials(&trust) < 0 ||
		gnutls_init(&session, GNUTLS_CLIENT) < 0 ||
		gnutls_certificate_set_x509_trust_file(trust, argv[5], GNUTLS_X509_FMT_PEM) <
			0 ||
		gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust) < 0 ||
		gnutls_set_default_priority(session) < 0 ||
		gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name)) < 0)
		return fail(argv[5], "GnuTLS cannot begin");
	gnutls_session_set_verify_function(session, verify);
	gnutls_session_set_verify_output_function(session, on_step);
	gnutls_transport_set_int(session, fd);
	do
		r = gnutls_handshake(session);
	while (r < 0 && !gnutls_error_is_fatal(r));
	if (r == 0) /* a client with something to say would say it here */
		gnutls_bye(session, GNUTLS_SHUT_WR);
	return r == 0                            ? 0
	       : r == GNUTLS_E_CERTIFICATE_ERROR ? 1
						 : fail(argv[2], gnutls_strerror(r));
}
