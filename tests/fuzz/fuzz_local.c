/* SPDX-License-Identifier: MIT */
/* A question: what is answered here is an answer to it, and fits. */
#include "resolver/local.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_changed([[maybe_unused]] struct local_owner *owner)
{
}

static struct local *make(void)
{
	static const char text[] = "[Resolve]\nReadEtcHosts=no\nRefuseRecordTypes=TYPE99\n"
				   "[Route]\nDomains=~corp.internal ~1.10.in-addr.arpa\n"
				   "DNS=10.0.0.53\n";
	static struct local_owner owner = {.changed = on_changed};
	struct conf_errors errors;
	struct conf *conf = conf_parse("f", text, sizeof text - 1, &errors);
	struct local *local = local_new(loop_new(), &owner);

	if (conf == NULL || local == NULL || !local_configure(local, conf))
		abort();
	return local;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct local *local;
	struct request request;
	static struct answer_room room;
	struct answer answer;
	enum rcode rcode;
	uint8_t *out;
	size_t n;

	if (local == NULL)
		local = make();
	if (!message_read_request((struct wire){data, size}, &request, &rcode) ||
		rcode != RCODE_NOERROR || request.question.size == 0)
		return 0;
	out = malloc(LOCAL_ANSWER_MAX);
	if (out == NULL)
		return 0;
	n = local_answer(local, &request, out);
	if (n > LOCAL_ANSWER_MAX)
		abort();
	if (n > 0 && (!message_read_answer(
			      request.question, (struct wire){out, n}, &room, &answer) ||
			     answer.body.data != out + n - answer.body.size))
		abort();
	free(out);
	return 0;
}
