/* SPDX-License-Identifier: MIT */
/* ctresolvectl query: asks the daemon a question, and shows the reply and where it is from. */
#include "resolver/control_request.h"
#include "resolver/ctl.h"
#include "resolver/ctl_control.h"
#include "resolver/ctl_question.h"
#include "resolver/ctl_show.h"
#include "resolver/presentation.h"
#include "resolver/reader.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
	"Usage: ctresolvectl query [--json] NAME|ADDRESS… [TYPE…]\n"
	"\n"
	"Asks the daemon as a program would, and tells where each reply comes from. Types are "
	"A "
	"and AAAA\n"
	"unless given, and PTR for an ADDRESS. Behind the first word, a name has a dot in it, "
	"or "
	"behind it.\n"
	"\n"
	"  -j, --json  print JSON, an object a question\n"
	"\n"
	"Exit status: 0 there are such records, 1 there are none, 2 error.\n";

enum { WORDS_MAX = 64 };

/* What was said, taken apart. */
struct reply {
	struct wire message;
	unsigned rcode;
	size_t wanted; /* records of the type that was asked for */
	json_t *answers, *ede;
};

/* What was written to a stream in memory. */
struct words {
	char *text;
	size_t size;
};

static FILE *words_open(struct words *words)
{
	FILE *out = open_memstream(&words->text, &words->size);

	if (out == NULL)
		abort(); /* no memory */
	return out;
}

static json_t *words_json(struct words *words, FILE *out)
{
	json_t *string;

	fclose(out);
	string = json_stringn(words->text, words->size);
	free(words->text);
	return string;
}

/* Text of others goes to a terminal. */
static json_t *printable(struct wire text)
{
	char clean[256];
	size_t n = text.size < sizeof clean ? text.size : sizeof clean;

	for (size_t i = 0; i < n; i++)
		clean[i] =
			text.data[i] >= ' ' && text.data[i] < 0x7f ? (char)text.data[i] : '?';
	return json_stringn(clean, n);
}

static void read_opt(const struct presentation_record *opt, struct reply *ret)
{
	size_t at = opt->data, end = opt->data + opt->data_size;

	ret->rcode |= opt->ttl >> 24 << 4;
	while (end - at >= 4) {
		unsigned code = read16(ret->message.data + at),
			 size = read16(ret->message.data + at + 2);
		unsigned info;

		at += 4;
		if (end - at < size)
			return;
		if (code == OPTION_EDE && size >= 2) {
			info = read16(ret->message.data + at);
			json_array_append_new(ret->ede,
				json_pack("{s:i, s:s?, s:o}", "code", (int)info, "meaning",
					presentation_ede(info), "text",
					printable((struct wire){
						ret->message.data + at + 2, size - 2})));
		}
		at += size;
	}
}

static json_t *record_json(struct wire message, const struct presentation_record *record)
{
	struct words owner, class, type, data;
	FILE *out = words_open(&owner);
	json_t *texts[4];

	presentation_name(out, message, record->name);
	texts[0] = words_json(&owner, out);
	out = words_open(&class);
	presentation_class(out, record->class);
	texts[1] = words_json(&class, out);
	out = words_open(&type);
	presentation_type(out, record->type);
	texts[2] = words_json(&type, out);
	out = words_open(&data);
	presentation_data(out, message, record);
	texts[3] = words_json(&data, out);
	return json_pack("{s:o, s:I, s:o, s:o, s:o}", "name", texts[0], "ttl",
		(json_int_t)record->ttl, "class", texts[1], "type", texts[2], "data", texts[3]);
}

/* False: malformed. */
static bool read_reply(const struct question *question, struct reply *ret)
{
	struct wire message = ret->message;
	size_t at = MESSAGE_HEADER_SIZE;
	unsigned counts[4];

	if (message.size < MESSAGE_HEADER_SIZE)
		return false;
	for (size_t i = 0; i < 4; i++)
		counts[i] = read16(message.data + 4 + 2 * i);
	ret->rcode = message.data[3] & 15;
	for (unsigned i = 0; i < counts[0]; i++)
		if (!presentation_skip_name(message, &at) || message.size - at < 4)
			return false;
		else
			at += 4;
	for (unsigned i = 0; i < counts[1] + counts[2] + counts[3]; i++) {
		struct presentation_record record;

		if (!presentation_read_record(message, &at, &record))
			return false;
		if (i < counts[1]) {
			json_array_append_new(ret->answers, record_json(message, &record));
			ret->wanted +=
				record.type == question->type || question->type == TYPE_ANY;
		} else if (record.type == TYPE_OPT && i >= counts[1] + counts[2]) {
			read_opt(&record, ret);
		}
	}
	return true;
}

static int status_of(const struct reply *reply)
{
	if (reply->rcode == RCODE_NOERROR && reply->wanted > 0)
		return CTL_OK;
	return reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN ? CTL_NO
									       : CTL_ERROR;
}

static json_t *rcode_json(unsigned rcode)
{
	struct words words;
	FILE *out = words_open(&words);

	presentation_rcode(out, rcode);
	return words_json(&words, out);
}

static const char *source_words(const char *source)
{
	return strcmp(source, "cache") == 0   ? "from the cache"
	       : strcmp(source, "stale") == 0 ? "from the cache, beyond its time"
	       : strcmp(source, "local") == 0 ? "from this host"
					      : "an error of the daemon's own";
}

static void show_ede(const json_t *ede)
{
	const char *text = show_text_of(ede, "text");

	if (json_is_string(json_object_get(ede, "meaning")))
		printf("-- %s", show_text_of(ede, "meaning"));
	else
		printf("-- Extended DNS Error %lld",
			(long long)json_integer_value(json_object_get(ede, "code")));
	printf("%s%s\n", text[0] != '\0' ? ": " : "", text);
}

static void show_text(const json_t *told, bool none)
{
	const char *source = show_text_of(told, "source");
	const json_t *record, *ede;
	size_t i;

	json_array_foreach(json_object_get(told, "answers"), i, record)
		printf("%s %lld %s %s %s\n", show_text_of(record, "name"),
			(long long)json_integer_value(json_object_get(record, "ttl")),
			show_text_of(record, "class"), show_text_of(record, "type"),
			show_text_of(record, "data"));
	printf("-- %s %s: %s%s, %s", show_text_of(told, "name"), show_text_of(told, "type"),
		show_text_of(told, "rcode"), none ? ", no such records" : "",
		json_is_true(json_object_get(told, "authenticated")) ? "authenticated, "
								     : "not authenticated, ");
	if (strcmp(source, "upstream") == 0)
		printf("from the network: %s by %s", show_text_of(told, "upstream"),
			show_text_of(told, "protocol"));
	else
		fputs(source_words(source), stdout);
	printf(", in %.1f ms\n", json_number_value(json_object_get(told, "milliseconds")));
	json_array_foreach(json_object_get(told, "ede"), i, ede) show_ede(ede);
}

static void set_question(json_t *told, const struct question *question)
{
	struct words name, type;
	FILE *out = words_open(&name);

	presentation_name(out, (struct wire){question->wire, question->size}, 0);
	json_object_set_new(told, "name", words_json(&name, out));
	out = words_open(&type);
	presentation_type(out, question->type);
	json_object_set_new(told, "type", words_json(&type, out));
}

/* As long as `answer` lives. */
static int show(
	const json_t *answer, const struct question *question, bool json, bool *ret_exists)
{
	static uint8_t bytes[MESSAGE_SIZE_MAX];
	struct reply reply = {.answers = json_array(), .ede = json_array()};
	json_t *told = json_object();
	static const char *const COPIED[] = {"source", "upstream", "protocol", "milliseconds"};
	bool good = control_from_hex(
		show_text_of(answer, "message"), sizeof bytes, bytes, &reply.message.size);

	reply.message.data = bytes;
	good = good && read_reply(question, &reply);
	set_question(told, question);
	json_object_set_new(told, "answers", reply.answers);
	json_object_set_new(told, "ede", reply.ede);
	if (!good) {
		json_decref(told);
		return ctl_complain("query", "the reply is malformed");
	}
	json_object_set_new(told, "rcode", rcode_json(reply.rcode));
	json_object_set_new(told, "authenticated", json_boolean((bytes[3] & FLAG_AD) != 0));
	for (size_t i = 0; i < sizeof COPIED / sizeof *COPIED; i++)
		json_object_set(told, COPIED[i], json_object_get(answer, COPIED[i]));
	if (json) {
		good = show_json(told);
	} else {
		show_text(told, reply.rcode == RCODE_NOERROR && reply.wanted == 0);
		json_decref(told);
	}
	if (fflush(stdout) != 0 || !good)
		return ctl_complain("standard output", "it cannot be written");
	*ret_exists = reply.rcode != RCODE_NXDOMAIN;
	return status_of(&reply);
}

/* What is asked for, of each name: of all names, before anything is asked. */
struct asking {
	const struct ctl *ctl;
	FILE *daemon;
	struct question names[WORDS_MAX];
	bool addresses[WORDS_MAX];
	size_t n_names;
	uint16_t types[WORDS_MAX]; /* none: what the name is, decides */
	size_t n_types;
};

/* Behind the first word, what has no dot and is no address is a type. */
static bool is_name(const struct asking *asking, const char *word)
{
	return asking->n_names == 0 || strpbrk(word, ".:") != NULL;
}

static bool read_words(struct asking *asking, char **words)
{
	for (; *words != NULL; words++) {
		size_t n = asking->n_names;

		if (!is_name(asking, *words)) {
			if (!presentation_read_type(
				    *words, &asking->types[asking->n_types++])) {
				ctl_complain(*words, "not a type; and a name of one label "
						     "needs a dot behind it here");
				return false;
			}
		} else if (question_of(*words, &asking->names[n], &asking->addresses[n])) {
			asking->n_names++;
		} else {
			ctl_complain(*words, "neither a domain name nor an address");
			return false;
		}
	}
	return true;
}

/* *ret_exists: there may be other records of that name. */
static int ask_one(
	const struct asking *asking, const struct question *question, bool *ret_exists)
{
	char why[256];
	json_t *answer =
		control_ask(asking->daemon, control_query_json(question), why, sizeof why);
	int status;

	*ret_exists = true;
	if (answer == NULL)
		return ctl_complain("query", why);
	status = show(answer, question, asking->ctl->json, ret_exists);
	json_decref(answer);
	return status;
}

static int worse(int one, int other)
{
	return one > other ? one : other;
}

/* Some address is enough. */
static int ask_addresses(const struct asking *asking, struct question *question)
{
	bool exists;
	int a, aaaa;

	question_set_type(question, TYPE_A);
	a = ask_one(asking, question, &exists);
	if (!exists)
		return a;
	question_set_type(question, TYPE_AAAA);
	aaaa = ask_one(asking, question, &exists);
	return a == CTL_OK || aaaa == CTL_OK ? CTL_OK : worse(a, aaaa);
}

static int ask_all(struct asking *asking)
{
	int status = CTL_OK;
	bool exists;

	for (size_t i = 0; i < asking->n_names; i++) {
		struct question *question = &asking->names[i];

		if (asking->n_types == 0)
			status = worse(status, asking->addresses[i]
						       ? ask_one(asking, question, &exists)
						       : ask_addresses(asking, question));
		for (size_t j = 0; j < asking->n_types; j++) {
			question_set_type(question, asking->types[j]);
			status = worse(status, ask_one(asking, question, &exists));
		}
	}
	return status;
}

int ctl_query(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	struct asking asking = {.ctl = &options};
	int status = ctl_options(&options, argc, argv, HELP, WORDS_MAX);
	const char *reason;

	if (status >= 0)
		return status;
	if (argc == optind)
		return ctl_complain("query", "wanted: NAME… [TYPE…]");
	if (!read_words(&asking, argv + optind))
		return CTL_ERROR;
	asking.daemon = control_connect(&options, &reason);
	if (asking.daemon == NULL)
		return reason != NULL ? ctl_complain("control socket", reason) : CTL_ERROR;
	status = ask_all(&asking);
	fclose(asking.daemon);
	return status;
}
