/* SPDX-License-Identifier: MIT */
#include "judged.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct vectors *vectors;

struct dnssec *make(const char *const *negative, size_t n)
{
	struct dnssec_params params = {
		.anchor_file = vectors->anchor, .negative = negative, .n_negative = n};
	char why[256];
	struct dnssec *dnssec = dnssec_new(&params, why, sizeof why);

	if (dnssec == NULL)
		fail_msg("%s", why);
	return dnssec;
}

struct dnssec_verdict judge_message(
	struct dnssec *dnssec, struct wire message, uint64_t now_s, struct dnssec_work *work)
{
	struct dnssec_verdict verdict;

	for (;;) {
		const struct vector *vector;
		struct wire question;

		dnssec_judge(dnssec, message, now_s, work, &verdict);
		if (verdict.result != DNSSEC_NEED)
			return verdict;
		question = (struct wire){verdict.need, verdict.need_size};
		vector = vectors_find(
			vectors, verdict.need, read16(verdict.need + dname_size(verdict.need)));
		dnssec_learn(dnssec, question,
			vector != NULL ? (struct wire){vector->wire, vector->size}
				       : (struct wire){NULL, 0},
			"nobody has asked for it", now_s, work);
	}
}

size_t write_message(const struct vector *asked, const struct rrs *rrs, uint8_t *out)
{
	size_t at = 12 + dname_size(asked->name) + 4;
	struct rrs written;

	memcpy(out, asked->wire, at);
	out[3] = (uint8_t)((out[3] & 0xf0) | rrs->rcode);
	out[7] = (uint8_t)rrs->n_answers;
	out[9] = (uint8_t)(rrs->n - rrs->n_answers);
	out[10] = out[11] = 0;
	for (size_t i = 0; i < rrs->n; i++) {
		const struct rr *rr = &rrs->list[i];
		const uint8_t fixed[] = {(uint8_t)(rr->type >> 8), (uint8_t)rr->type, 0, 1, 0,
			0, 1, 44, (uint8_t)(rr->rdata.size >> 8), (uint8_t)rr->rdata.size};

		memcpy(out + at, rr->owner, dname_size(rr->owner));
		at += dname_size(rr->owner);
		memcpy(out + at, fixed, sizeof fixed);
		at += sizeof fixed;
		memcpy(out + at, rr->rdata.data, rr->rdata.size);
		at += rr->rdata.size;
	}
	assert_int_equal(rrs_read((struct wire){out, at}, RR_CANONICAL, &written), RRS_READ);
	rrs_free(&written);
	return at;
}

const struct vector *find_text(const char *text, uint16_t type)
{
	uint8_t name[DNAME_SIZE_MAX];
	const struct vector *vector;

	assert_true(dname_from_text(text, name));
	vector = vectors_find(vectors, name, type);
	assert_non_null(vector);
	return vector;
}

enum dnssec_result judge_rrs(
	struct dnssec *dnssec, const struct vector *asked, const struct rrs *rrs)
{
	uint8_t message[65535];
	struct dnssec_work work = {0};
	size_t n = write_message(asked, rrs, message);

	return judge_message(dnssec, (struct wire){message, n}, vectors->now_s, &work).result;
}

struct rrs rrs_of(const struct vector *vector)
{
	struct rrs rrs;

	assert_int_equal(
		rrs_read((struct wire){vector->wire, vector->size}, RR_CANONICAL, &rrs),
		RRS_READ);
	return rrs;
}

int judged_load([[maybe_unused]] void **state)
{
	vectors = vectors_load();
	return 0;
}

int judged_unload([[maybe_unused]] void **state)
{
	vectors_free(vectors);
	return 0;
}
