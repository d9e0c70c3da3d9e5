/* SPDX-License-Identifier: MIT */
/*
 * What a verdict costs beside the signature checks that it cannot do without, and what it costs
 * to read the log list. Both kinds of checks take turns, so that whatever else the machine does
 * meets both; each number is the median of the rounds.
 */
#include "ctpolicy/crypto.h"
#include "ctpolicy/entry.h"
#include "ctpolicy/sct.h"
#include "tests/unit/ctpolicy/files.h"
#include <gnutls/abstract.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 41, VERDICTS = 50, LISTS = 5, SIGNATURES = 3, SPKI_MAX = 2048 };

#define CHAIN "two-of-one.pem" /* three SCTs, of three EC P-256 logs */
#define NOW_MS UINT64_C(1768478400000)

/* One signature, with its key and the bytes that it was made over. */
struct signature {
	gnutls_pubkey_t key;
	gnutls_datum_t data, signature;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-verdict: %s\n", what);
	exit(1);
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, compare);
	return values[n / 2];
}

/* The log's key as it stands in the JSON. */
static gnutls_pubkey_t import_key(const json_t *document, const struct ct_log *log)
{
	uint8_t spki[SPKI_MAX];
	gnutls_datum_t der = {spki, 0};
	gnutls_pubkey_t key = NULL;
	json_t *operator, * entry;
	size_t i, j, size = 0;

	json_array_foreach(json_object_get(document, "operators"), i, operator)
	{
		json_array_foreach(json_object_get(operator, "logs"), j, entry)
		{
			const char *name =
				json_string_value(json_object_get(entry, "description"));
			const char *text = json_string_value(json_object_get(entry, "key"));

			if (strcmp(name, log->description) != 0)
				continue;
			if (ctp_base64_decode(text, spki, sizeof spki, &size) != CT_OK)
				die("base64");
		}
	}
	der.size = (unsigned)size;
	if (size == 0 || gnutls_pubkey_init(&key) < 0 ||
		gnutls_pubkey_import(key, &der, GNUTLS_X509_FMT_DER) < 0)
		die("a log's key");
	if (gnutls_pubkey_get_pk_algorithm(key, NULL) != GNUTLS_PK_ECDSA)
		die("a log's key is not EC");
	return key;
}

static gnutls_datum_t copy(struct ct_bytes bytes)
{
	gnutls_datum_t datum = {malloc(bytes.size), (unsigned)bytes.size};

	if (datum.data == NULL)
		die("out of memory");
	memcpy(datum.data, bytes.data, bytes.size);
	return datum;
}

/* The signatures of the leaf's SCTs, ready to be verified. */
static void prepare(const struct pem_chain *chain, const struct ct_log_list *list,
	const json_t *document, struct signature signatures[SIGNATURES])
{
	uint8_t issuer_key_hash[SHA256_SIZE];
	struct certificate leaf, issuer;
	struct reader items;
	struct entry entry;
	struct sct sct;

	if (!ctp_certificate_parse(chain->der[0], &leaf) ||
		!ctp_certificate_parse(chain->der[1], &issuer) ||
		ctp_sha256(issuer.spki, issuer_key_hash) != CT_OK ||
		ctp_entry_new(&leaf, ENTRY_PRECERT, issuer_key_hash, UINT16_MAX, &entry) !=
			CT_OK ||
		!ctp_scts_open(leaf.scts, &items))
		die(CHAIN);
	for (size_t i = 0; i < SIGNATURES; i++) {
		if (ctp_scts_next(&items, &sct) != SCT_PARSED)
			die("too few SCTs");
		signatures[i] = (struct signature){
			.key = import_key(document, ct_log_list_find(list, sct.log_id.data)),
			.data = copy(
				ctp_entry_complete(&entry, sct.timestamp_ms, sct.extensions)),
			.signature = copy(sct.signature),
		};
	}
	if (ctp_scts_next(&items, &sct) != SCT_END)
		die("too many SCTs");
	ctp_entry_free(&entry);
}

static double time_verdicts(const struct ct_log_list *list, const struct pem_chain *chain)
{
	struct ct_evidence evidence = {.leaf = chain->der[0], .issuer = chain->der[1]};
	struct ct_report report;
	double start = now_us();

	for (int i = 0; i < VERDICTS; i++)
		if (ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report) !=
				CT_COMPLIANT ||
			report.logs != SIGNATURES)
			die("the verdict is wrong");
	return (now_us() - start) / VERDICTS;
}

static double time_signatures(const struct signature signatures[SIGNATURES])
{
	double start = now_us();

	for (int i = 0; i < VERDICTS; i++)
		for (size_t j = 0; j < SIGNATURES; j++)
			if (gnutls_pubkey_verify_data2(signatures[j].key,
				    GNUTLS_SIGN_ECDSA_SHA256, 0, &signatures[j].data,
				    &signatures[j].signature) < 0)
				die("a signature does not verify");
	return (now_us() - start) / VERDICTS;
}

static double time_lists(struct ct_bytes json)
{
	double start = now_us();

	for (int i = 0; i < LISTS; i++) {
		struct ct_log_list *list = NULL;

		if (ct_log_list_parse(json, &list, NULL) != CT_OK)
			die("the log list does not parse");
		ct_log_list_free(list);
	}
	return (now_us() - start) / LISTS;
}

int main(void)
{
	struct ct_bytes lab = file_read(DATA, "log_list.json");
	struct ct_bytes real = file_read(CONF, "log_list.json");
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	json_t *document = json_loadb((const char *)lab.data, lab.size, 0, NULL);
	struct pem_chain chain = file_chain(DATA, CHAIN);
	struct signature signatures[SIGNATURES];
	double verdict[ROUNDS], bare[ROUNDS], ratio[ROUNDS], lists[ROUNDS];

	prepare(&chain, list, document, signatures);
	for (int i = 0; i < ROUNDS; i++) {
		bare[i] = time_signatures(signatures);
		verdict[i] = time_verdicts(list, &chain);
		ratio[i] = verdict[i] / bare[i];
		lists[i] = time_lists(real) / 1e3;
	}
	printf("verdict on three SCTs   %8.1f us\n", median(verdict, ROUNDS));
	printf("their signatures alone  %8.1f us\n", median(bare, ROUNDS));
	printf("ratio                   %8.3f\n", median(ratio, ROUNDS));
	printf("conf/log_list.json      %8.2f ms\n", median(lists, ROUNDS));
	for (size_t i = 0; i < SIGNATURES; i++) {
		gnutls_pubkey_deinit(signatures[i].key);
		free(signatures[i].data.data);
		free(signatures[i].signature.data);
	}
	pem_free(&chain);
	json_decref(document);
	ct_log_list_free(list);
	file_free(lab);
	file_free(real);
	return 0;
}
