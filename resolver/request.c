/* SPDX-License-Identifier: MIT */
#include "resolver/reader.h"

enum {
	UDP_SIZE_MIN = 512,
	ECS_NONE_SIZE = 4, /* family, source prefix length, scope prefix length */
	/* RFC 7873 section 4. */
	COOKIE_CLIENT = 8,
	COOKIE_SERVER_MIN = 8,
	COOKIE_SERVER_MAX = 32,
};

/* RFC 6891 section 6.1.2: a list of code, length, bytes. */
static bool options_wellformed(struct wire options)
{
	struct reader r = {.message = options};

	while (!r.bad && reader_left(&r) > 0) {
		take16(&r);
		take(&r, take16(&r));
	}
	return !r.bad;
}

bool edns_option(struct wire options, uint16_t code, struct wire *ret)
{
	struct reader r = {.message = options};

	while (reader_left(&r) > 0 && !r.bad) {
		uint16_t found = take16(&r);

		ret->size = take16(&r);
		ret->data = take(&r, ret->size);
		if (found == code && !r.bad)
			return true;
	}
	return false;
}

bool take_additional(struct reader *r, unsigned n, struct record *ret_opt, bool *ret_found)
{
	*ret_found = false;
	for (unsigned i = 0; i < n && !r->bad; i++) {
		struct record record = take_record(r);

		if (r->bad || record.type != TYPE_OPT)
			continue;
		if (*ret_found || r->message.data[record.owner] != 0 ||
			!options_wellformed(record_data(r, &record)))
			return false;
		*ret_opt = record;
		*ret_found = true;
	}
	return !r->bad;
}

/* The records of sections in which an OPT may not stand (RFC 6891 section 6.1.1). */
static bool skip_records(struct reader *r, unsigned n)
{
	for (unsigned i = 0; i < n && !r->bad; i++)
		if (take_record(r).type == TYPE_OPT)
			return false;
	return !r->bad;
}

/* RFC 7873 section 5.2.2: a cookie of another size is a format error. */
static bool read_cookie(struct wire options, struct request *request)
{
	struct wire cookie;

	if (!edns_option(options, OPTION_COOKIE, &cookie))
		return true;
	if (cookie.size != COOKIE_CLIENT &&
		(cookie.size < COOKIE_CLIENT + COOKIE_SERVER_MIN ||
			cookie.size > COOKIE_CLIENT + COOKIE_SERVER_MAX))
		return false;
	request->cookie = cookie;
	return true;
}

static enum rcode read_options(struct wire options, struct request *request)
{
	struct wire option;

	/* RFC 7871 section 7.1.2: a client that wants no subnet of its to be told to anybody.
	 */
	if (edns_option(options, OPTION_ECS, &option) && option.size == ECS_NONE_SIZE &&
		option.data[2] == 0 && option.data[3] == 0) {
		request->ecs_none = true;
		request->ecs_family = read16(option.data);
	}
	request->keepalive = edns_option(options, OPTION_KEEPALIVE, &option);
	return read_cookie(options, request) ? RCODE_NOERROR : RCODE_FORMERR;
}

static enum rcode read_opt(
	const struct reader *r, const struct record *opt, struct request *request)
{
	request->edns = true;
	request->dnssec_ok = (opt->ttl >> 8 & OPT_DO) != 0;
	if (opt->class > request->udp_size)
		request->udp_size = opt->class;
	if ((opt->ttl >> 16 & 255) != 0)
		return RCODE_BADVERS;
	return opt->data_size > 0 ? read_options(record_data(r, opt), request) : RCODE_NOERROR;
}

/* What stands behind the question. */
static enum rcode read_records(
	struct reader *r, const struct header *header, struct request *request)
{
	enum rcode rcode = RCODE_NOERROR;
	struct record opt;
	bool has_opt;

	if (!skip_records(r, header->answers) || !skip_records(r, header->authorities) ||
		!take_additional(r, header->additionals, &opt, &has_opt) || reader_left(r) > 0)
		return RCODE_FORMERR;
	if (has_opt)
		rcode = read_opt(r, &opt, request);
	if (rcode == RCODE_NOERROR &&
		(request->type == TYPE_AXFR || request->type == TYPE_IXFR))
		return RCODE_NOTIMP;
	/* RFC 6891 section 6.1.1, RFC 6895 section 3.1: types that are not of data. */
	if (rcode == RCODE_NOERROR && (request->type == TYPE_OPT || request->type == 0))
		return RCODE_FORMERR;
	return rcode;
}

bool message_read_request(struct wire message, struct request *ret, enum rcode *ret_rcode)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	size_t start = r.at;

	if (r.bad || (header.high & FLAG_QR) != 0)
		return false;
	*ret = (struct request){.id = header.id,
		.opcode = header.high >> 3 & 15,
		.rd = (header.high & FLAG_RD) != 0,
		.ad = (header.low & FLAG_AD) != 0,
		.cd = (header.low & FLAG_CD) != 0,
		.udp_size = UDP_SIZE_MIN};
	*ret_rcode = RCODE_NOTIMP;
	if (ret->opcode != 0)
		return true;

	*ret_rcode = RCODE_FORMERR;
	if (header.questions != 1)
		return true;
	skip_plain_name(&r);
	ret->type = take16(&r);
	ret->class = take16(&r);
	if (r.bad)
		return true;
	ret->question = (struct wire){message.data + start, r.at - start};
	*ret_rcode = read_records(&r, &header, ret);
	return true;
}
