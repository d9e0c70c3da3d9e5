/* SPDX-License-Identifier: MIT */
/*
 * Answers to be judged, and answers about DS and DNSKEY, in the order in which they are wanted:
 * each has its size in front, in two bytes. Here every digest is good, and every signature that
 * does not begin with X: else no input would come past the root's.
 */
#include "resolver/dnssec.h"
#include "resolver/dnssec_crypto.h"
#include "resolver/message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1795844382 };

/* Of the root in the corpus, which is made of tests/data/resolver/dnssec.vectors. */
static const char anchor[] =
	". IN DS 38278 13 2"
	" 4510D31ED11758CDAB76AC48637D9E34843746150BAF93D85A843DAD840C0579\n";

static struct dnssec *make(void)
{
	struct dnssec_params params = {.store_bytes = 1 << 16};
	char path[64], why[256];
	int fd = memfd_create("anchor", 0);
	struct dnssec *dnssec;

	if (fd < 0 || write(fd, anchor, sizeof anchor - 1) != sizeof anchor - 1)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	params.anchor_file = path;
	dnssec = dnssec_new(&params, why, sizeof why);
	if (dnssec == NULL)
		abort();
	close(fd);
	return dnssec;
}

/* In the place of dnssec_crypto.c. */
bool crypto_knows_algorithm(uint8_t algorithm)
{
	return algorithm != 250;
}

bool crypto_knows_digest(uint8_t digest_type)
{
	return digest_type != 250;
}

bool crypto_key_is_good(const struct dnskey *key)
{
	return key->key.size > 1;
}

unsigned crypto_cost([[maybe_unused]] const struct dnskey *key)
{
	return 1;
}

/* Reads all, so that a sanitizer sees what is not there. */
static unsigned sum(struct wire bytes)
{
	unsigned sum = 0;

	for (size_t i = 0; i < bytes.size; i++)
		sum += bytes.data[i];
	return sum;
}

bool crypto_verify(const struct dnskey *key, struct wire data, struct wire signature)
{
	(void)(sum(key->key) + sum(data) + sum(signature));
	return signature.size > 0 && signature.data[0] != 'X';
}

bool crypto_ds_matches(const struct ds *ds, const uint8_t *owner, struct wire dnskey)
{
	(void)(sum(ds->digest) + sum(dnskey) + (unsigned)dname_size(owner));
	return dnskey.size > 4;
}

bool crypto_make_ds([[maybe_unused]] const uint8_t *owner, [[maybe_unused]] struct wire dnskey,
	uint8_t out[static CRYPTO_DS_SIZE])
{
	memset(out, 0, CRYPTO_DS_SIZE);
	return true;
}

static struct wire take(const uint8_t **data, size_t *size)
{
	struct wire piece = {NULL, 0};

	if (*size >= 2) {
		piece.size = (size_t)(*data)[0] << 8 | (*data)[1];
		piece.size = piece.size < *size - 2 ? piece.size : *size - 2;
		piece.data = *data + 2;
		*data += 2 + piece.size;
		*size -= 2 + piece.size;
	}
	return piece;
}

static void strip(struct wire message)
{
	size_t size = message.size + 512;
	uint8_t *out = malloc(size), *again = malloc(size);
	size_t n;

	if (out == NULL || again == NULL)
		abort();
	n = dnssec_strip(message, (message.data[1] & 1) != 0, true, out, size);
	/* What was written can be read, and is whole: to strip it again changes nothing. */
	if (n > 0 && (dnssec_strip((struct wire){out, n}, (message.data[1] & 1) != 0, true,
			      again, size) != n ||
			     memcmp(out, again, n) != 0))
		abort();
	free(out);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dnssec *dnssec;
	struct wire message = take(&data, &size);
	struct dnssec_work work = {0};
	struct dnssec_verdict verdict;

	if (dnssec == NULL)
		dnssec = make();
	dnssec_flush(dnssec);
	dnssec_limit(dnssec, UINT32_MAX);
	for (;;) {
		static struct answer_room room;
		struct answer answer;
		struct wire learnt, question;

		dnssec_judge(dnssec, message, NOW, &work, &verdict);
		if (verdict.result != DNSSEC_NEED)
			break;
		question = (struct wire){verdict.need, verdict.need_size};
		learnt = take(&data, &size);
		if (learnt.size > 0 && !message_read_answer(question, learnt, &room, &answer))
			learnt.size = 0;
		dnssec_learn(dnssec, question, learnt, "", NOW, &work);
	}
	if (work.fetches > DNSSEC_FETCHES_MAX || work.signatures > DNSSEC_SIGNATURES_MAX)
		abort();
	if (message.size >= 12)
		strip(message);
	return 0;
}
