/* SPDX-License-Identifier: MIT */
#include "transport/doh.h"
#include "transport/http_answer.h"
#include <assert.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STREAMS_MAX =
		1000, /* under way on one connection, those included that wait for others */
	ANSWER_MIN = 12,
	ANSWER_MAX = 65535,
	BODIES_MAX = 8 * 1024 * 1024, /* parts of answers, of all streams together */
	VAIN_MAX = 2 * 1024 * 1024, /* bytes without an answer, and one answer for each query */
	WINDOW = 1024 * 1024,       /* of the connection */
	OUT_MAX = 1024 * 1024,
	PATH_MAX_SIZE = 256,
	/* Frames that bring no answer nearer: what a server may send in all, and for each
	 * answer more. */
	FRAMES_FIRST = 1000,
	FRAMES_AN_ANSWER = 20,
};

static const char TOO_LARGE[] = "an answer of more than 65535 bytes";

/* A query under way. */
struct doh_stream {
	struct list node;        /* of the open ones, or of those that are over */
	struct attempt *attempt; /* NULL: nobody waits for it any more */
	int32_t id;
	struct http_answer http;
	struct buf body;
	bool is_over;        /* nghttp2 knows it no longer */
	bool complete;       /* the response is */
	uint32_t error_code; /* else: with what the stream ended (RFC 9113 section 7) */
	const char *fault;   /* why it was given up here; NULL: it was not */
	size_t query_size, query_sent;
	uint8_t query[EXCHANGE_QUERY_MAX];
};

struct doh {
	struct framing framing;
	nghttp2_session *session;
	struct list open, over;
	struct doh_stream *told; /* its answer is being looked at, until the next call */
	size_t live, n_open;     /* streams that nghttp2 knows; those in `open` */
	size_t bodies;           /* bytes */
	size_t vain;             /* bytes since the last answer */
	int frames;              /* that may still come */
	bool leaving, leaving_told, pinging;
	const char *broken; /* why it is; NULL: it is not */
	bool get;
	char authority[PATH_MAX_SIZE + 8];
	char path[PATH_MAX_SIZE];
	size_t length; /* of the last query, padded ones being mostly of one; and as text */
	char length_text[8];
	char why[160];
};

static struct doh *doh_of(struct framing *framing)
{
	return container_of(framing, struct doh, framing);
}

static void stream_free(struct doh *doh, struct doh_stream *stream)
{
	if (stream == NULL)
		return;
	doh->bodies -= buf_size(&stream->body);
	list_remove(&stream->node);
	buf_clear(&stream->body);
	free(stream);
}

static void forget_told(struct doh *doh)
{
	stream_free(doh, doh->told);
	doh->told = NULL;
}

/* nghttp2 knows it no longer; next() tells what became of it. */
static void stream_over(struct doh *doh, struct doh_stream *stream)
{
	nghttp2_session_set_stream_user_data(doh->session, stream->id, NULL);
	list_remove(&stream->node);
	list_append(&doh->over, &stream->node);
	doh->n_open--;
	stream->is_over = true;
	if (stream->attempt == NULL)
		stream_free(doh, stream);
}

/* Ends it from our side. */
static void stream_abort(struct doh *doh, struct doh_stream *stream, const char *fault)
{
	stream->fault = fault;
	(void)nghttp2_submit_rst_stream(
		doh->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
	stream_over(doh, stream);
}

static int on_begin_frame(
	[[maybe_unused]] nghttp2_session *session, const nghttp2_frame_hd *frame, void *user)
{
	struct doh *doh = user;

	if (frame->type == NGHTTP2_DATA && frame->length > 0)
		return 0; /* bounded by the size of answers */
	if (doh->frames-- > 0)
		return 0;
	doh->broken = "the server sends frame after frame, and no answers";
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_size, const uint8_t *value, size_t value_size,
	[[maybe_unused]] uint8_t flags, void *user)
{
	struct doh_stream *stream =
		nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	if (stream == NULL || http_answer_field(&stream->http, (struct wire){name, name_size},
				      (struct wire){value, value_size}))
		return 0;
	stream_abort(user, stream, "the server's answer has too large a header");
	return 0;
}

static int on_data(nghttp2_session *session, [[maybe_unused]] uint8_t flags, int32_t id,
	const uint8_t *data, size_t size, void *user)
{
	struct doh_stream *stream = nghttp2_session_get_stream_user_data(session, id);
	struct doh *doh = user;

	if (stream == NULL)
		return 0;
	if (buf_size(&stream->body) + size > ANSWER_MAX) {
		stream_abort(doh, stream, TOO_LARGE);
		return 0;
	}
	if (doh->bodies + size > BODIES_MAX || !buf_append(&stream->body, data, size)) {
		doh->broken = "out of memory";
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	doh->bodies += size;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct doh_stream *stream =
		nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	struct doh *doh = user;

	if (frame->hd.type == NGHTTP2_GOAWAY)
		doh->leaving = true;
	else if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
		doh->pinging = false;
	if (stream == NULL ||
		(frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
		return 0;
	if (stream->http.length > ANSWER_MAX) {
		stream_abort(doh, stream, TOO_LARGE);
		return 0;
	}
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	stream->complete = true;
	/* It has heard enough of the question. */
	if (stream->query_sent < stream->query_size)
		(void)nghttp2_submit_rst_stream(
			session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
	stream_over(doh, stream);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error_code, void *user)
{
	struct doh_stream *stream = nghttp2_session_get_stream_user_data(session, id);
	struct doh *doh = user;

	doh->live--;
	if (stream == NULL)
		return 0;
	stream->error_code = error_code;
	stream_over(doh, stream);
	return 0;
}

/* The body of a request. */
static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *out, size_t size,
	uint32_t *flags, [[maybe_unused]] nghttp2_data_source *source,
	[[maybe_unused]] void *user)
{
	struct doh_stream *stream = nghttp2_session_get_stream_user_data(session, id);
	size_t n;

	if (stream == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	n = stream->query_size - stream->query_sent;
	if (n > size)
		n = size;
	memcpy(out, stream->query + stream->query_sent, n);
	stream->query_sent += n;
	if (stream->query_sent == stream->query_size)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* RFC 4648 section 5, without padding (RFC 8484 section 4.1). */
static size_t base64url(const uint8_t *in, size_t size, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, n_bits = 0;
	char *start = out;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | in[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			*out++ = digits[bits >> (n_bits - 6) & 63];
	}
	if (n_bits > 0)
		*out++ = digits[bits << (6 - n_bits) & 63];
	return (size_t)(out - start);
}

static nghttp2_nv field(const char *name, const char *value, size_t size, uint8_t flags)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
		strlen(name), size, flags};
}

/* One that lives as long as the session. */
static nghttp2_nv field_of(const char *name, const char *value)
{
	return field(name, value, strlen(value),
		NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

static nghttp2_nv content_length(struct doh *doh, size_t length)
{
	if (length != doh->length)
		snprintf(doh->length_text, sizeof doh->length_text, "%zu", length);
	doh->length = length;
	return field("content-length", doh->length_text, strlen(doh->length_text),
		NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

/* No field is sent that the server does not need: each would tell it something of us. */
static int32_t request(struct doh *doh, struct doh_stream *stream)
{
	static const char type[] = "application/dns-message";
	nghttp2_data_provider body = {.read_callback = on_read};
	char path[PATH_MAX_SIZE + EXCHANGE_QUERY_MAX * 4 / 3 + 8];
	nghttp2_nv fields[8];
	size_t n = 0, size;

	fields[n++] = field_of(":method", doh->get ? "GET" : "POST");
	fields[n++] = field_of(":scheme", "https");
	fields[n++] = field_of(":authority", doh->authority);
	if (doh->get) {
		size = (size_t)snprintf(path, sizeof path, "%s?dns=", doh->path);
		size += base64url(stream->query, stream->query_size, path + size);
		/* It will not come again, and pushes out what will. */
		fields[n++] = field(":path", path, size,
			NGHTTP2_NV_FLAG_NO_INDEX | NGHTTP2_NV_FLAG_NO_COPY_NAME);
		stream->query_sent = stream->query_size;
	} else {
		fields[n++] = field_of(":path", doh->path);
	}
	fields[n++] = field_of("accept", type);
	if (!doh->get) {
		fields[n++] = field_of("content-type", type);
		fields[n++] = content_length(doh, stream->query_size);
	}
	return nghttp2_submit_request(
		doh->session, NULL, fields, n, doh->get ? NULL : &body, stream);
}

static enum transport_err doh_submit(struct framing *framing, struct attempt *attempt)
{
	struct doh *doh = doh_of(framing);
	struct doh_stream *stream;

	forget_told(doh);
	/* What was cancelled stays in nghttp2 as long as the server does not let it out. */
	framing->forgotten = doh->live - doh->n_open;
	if (doh->leaving || doh->broken != NULL ||
		framing->waiting + framing->forgotten >= STREAMS_MAX)
		return TRANSPORT_BUSY;
	stream = malloc(sizeof *stream);
	if (stream == NULL)
		return TRANSPORT_NOMEM;
	*stream = (struct doh_stream){.attempt = attempt};
	list_init(&stream->node);
	http_answer_begin(&stream->http);
	stream->query_size =
		attempt->exchange->write(attempt->exchange, PROTOCOL_HTTPS, stream->query);
	stream->query[0] = stream->query[1] = 0; /* RFC 8484 section 4.1 */
	stream->id = request(doh, stream);
	if (stream->id < 0) {
		bool no_memory = stream->id == NGHTTP2_ERR_NOMEM;

		/* Else all numbers of streams are used up. */
		doh->leaving |= !no_memory;
		stream_free(doh, stream);
		return no_memory ? TRANSPORT_NOMEM : TRANSPORT_BUSY;
	}
	list_append(&doh->open, &stream->node);
	doh->n_open++;
	doh->live++;
	attempt->stream = stream;
	framing->waiting++;
	return TRANSPORT_OK;
}

static void doh_cancel(struct framing *framing, struct attempt *attempt)
{
	struct doh *doh = doh_of(framing);
	struct doh_stream *stream = attempt->stream;

	forget_told(doh);
	assert(stream->attempt == attempt);
	framing->waiting--;
	stream->attempt = NULL;
	if (stream->is_over)
		stream_free(doh, stream);
	else
		stream_abort(doh, stream, NULL);
}

/* Must the server be asked again, or another one? By the code of a RST_STREAM frame. */
static enum framing_event judge_reset(struct doh *doh, struct framing_news *news)
{
	uint32_t code = doh->told->error_code;

	snprintf(doh->why, sizeof doh->why, "the server reset the query (%s)",
		nghttp2_http2_strerror(code));
	news->why = doh->why;
	switch (code) {
	case NGHTTP2_REFUSED_STREAM: news->retry = RETRY_HERE; break;
	case NGHTTP2_NO_ERROR:
	case NGHTTP2_CANCEL:
	case NGHTTP2_INTERNAL_ERROR: news->retry = RETRY_ONCE; break;
	default: news->retry = RETRY_ELSEWHERE; break;
	}
	return FRAMING_RETURNED;
}

static enum framing_event judge(struct doh *doh, struct framing_news *news)
{
	struct doh_stream *stream = doh->told;
	struct exchange *exchange = stream->attempt->exchange;
	const struct http_answer *http = &stream->http;

	news->answer = buf_bytes(&stream->body);
	news->age_s = http->age_s;
	news->max_age_s = http->max_age_s;
	news->retry_after_s = http->retry_after_s;
	news->why = stream->fault;
	news->retry = RETRY_ELSEWHERE;
	if (stream->fault != NULL)
		return FRAMING_RETURNED;
	if (!stream->complete)
		return judge_reset(doh, news);
	if (!http_answer_is_dns(http, doh->why, sizeof doh->why, &news->why))
		return FRAMING_RETURNED;
	if (news->answer.size < ANSWER_MIN)
		news->why =
			news->answer.size == 0 ? "an empty answer" : "an answer that is cut";
	else if (news->answer.data[0] != 0 || news->answer.data[1] != 0 ||
		 !exchange->accept(exchange, news->answer))
		news->why = "the answer is not one to what was asked";
	else
		return FRAMING_ANSWERED;
	return FRAMING_RETURNED;
}

static enum framing_event tell_next(struct doh *doh, struct framing_news *ret)
{
	enum framing_event event;

	doh->told = container_of(doh->over.next, struct doh_stream, node);
	list_remove(&doh->told->node);
	*ret = (struct framing_news){.attempt = doh->told->attempt};
	event = judge(doh, ret);
	doh->told->attempt = NULL;
	doh->framing.waiting--;
	doh->vain = 0;
	if (event == FRAMING_ANSWERED && doh->frames < FRAMES_FIRST)
		doh->frames += FRAMES_AN_ANSWER;
	return event;
}

static bool doh_flush(struct framing *framing)
{
	struct doh *doh = doh_of(framing);

	while (buf_size(&framing->out) < OUT_MAX) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(doh->session, &data);

		if (n < 0)
			return false;
		if (n == 0)
			break;
		if (!buf_append(&framing->out, data, (size_t)n))
			return false;
	}
	return true;
}

/* All that came in goes through nghttp2, which calls back. */
static void feed(struct doh *doh)
{
	struct wire in = buf_bytes(&doh->framing.in);
	ssize_t n = nghttp2_session_mem_recv(doh->session, in.data, in.size);

	buf_consume(&doh->framing.in, in.size);
	doh->vain += in.size;
	if (doh->broken != NULL)
		return;
	if (doh->vain > VAIN_MAX + doh->framing.waiting * ANSWER_MAX)
		doh->broken = "the server sends and sends, and no answers";
	else if (n < 0)
		doh->broken = nghttp2_strerror((int)n);
	else if (!doh_flush(&doh->framing))
		doh->broken = "out of memory";
	else if (nghttp2_session_want_read(doh->session) == 0 &&
		 (!doh->leaving || !list_empty(&doh->open)))
		doh->broken = "the server does not keep to HTTP/2";
}

static enum framing_event doh_next(struct framing *framing, struct framing_news *ret)
{
	struct doh *doh = doh_of(framing);

	forget_told(doh);
	if (list_empty(&doh->over) && doh->broken == NULL && buf_size(&framing->in) > 0)
		feed(doh);
	*ret = (struct framing_news){.why = doh->broken};
	/* First, or who is returned would come again. */
	if (doh->leaving && !doh->leaving_told && doh->broken == NULL) {
		doh->leaving_told = true;
		return FRAMING_LEAVING;
	}
	if (!list_empty(&doh->over))
		return tell_next(doh, ret);
	return doh->broken != NULL ? FRAMING_BROKEN : FRAMING_WAIT;
}

static void doh_ping(struct framing *framing)
{
	struct doh *doh = doh_of(framing);

	if (!doh->pinging)
		doh->pinging = nghttp2_submit_ping(doh->session, NGHTTP2_FLAG_NONE, NULL) == 0;
}

static struct attempt *doh_take(struct framing *framing)
{
	struct doh *doh = doh_of(framing);
	struct list *from = list_empty(&doh->over) ? &doh->open : &doh->over;

	while (!list_empty(from)) {
		struct doh_stream *stream = container_of(from->next, struct doh_stream, node);
		struct attempt *attempt = stream->attempt;

		nghttp2_session_set_stream_user_data(doh->session, stream->id, NULL);
		doh->n_open -= stream->is_over ? 0 : 1;
		stream_free(doh, stream);
		framing->waiting--;
		return attempt;
	}
	return NULL;
}

static void doh_free(struct framing *framing)
{
	struct doh *doh = doh_of(framing);

	forget_told(doh);
	nghttp2_session_del(doh->session);
	while (!list_empty(&doh->open))
		stream_free(doh, container_of(doh->open.next, struct doh_stream, node));
	while (!list_empty(&doh->over))
		stream_free(doh, container_of(doh->over.next, struct doh_stream, node));
	buf_clear(&framing->in);
	buf_clear(&framing->out);
	free(doh);
}

static bool session_new(struct doh *doh)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16384},
	};
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	bool good = nghttp2_session_callbacks_new(&callbacks) == 0 &&
		    nghttp2_option_new(&option) == 0;

	if (good) {
		nghttp2_session_callbacks_set_on_begin_frame_callback(
			callbacks, on_begin_frame);
		nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
		nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
		nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
		nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
		nghttp2_option_set_no_closed_streams(option, 1);
		good = nghttp2_session_client_new2(&doh->session, callbacks, doh, option) ==
			       0 &&
		       nghttp2_submit_settings(doh->session, NGHTTP2_FLAG_NONE, settings,
			       sizeof settings / sizeof *settings) == 0 &&
		       nghttp2_session_set_local_window_size(
			       doh->session, NGHTTP2_FLAG_NONE, 0, WINDOW) == 0;
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return good;
}

struct framing *doh_new(const struct doh_params *params)
{
	static const struct framing_ops ops = {.alpn = "h2",
		.alpn_required = true,
		.submit = doh_submit,
		.cancel = doh_cancel,
		.next = doh_next,
		.ping = doh_ping,
		.flush = doh_flush,
		.take = doh_take,
		.free = doh_free};
	struct doh *doh = calloc(1, sizeof *doh);

	if (doh == NULL)
		return NULL;
	doh->framing.ops = &ops;
	doh->frames = FRAMES_FIRST;
	doh->get = params->get;
	list_init(&doh->open);
	list_init(&doh->over);
	assert(strlen(params->authority) < sizeof doh->authority &&
		strlen(params->path) < sizeof doh->path);
	snprintf(doh->authority, sizeof doh->authority, "%s", params->authority);
	snprintf(doh->path, sizeof doh->path, "%s", params->path);
	if (session_new(doh))
		return &doh->framing;
	doh_free(&doh->framing);
	return NULL;
}
