/* SPDX-License-Identifier: MIT */
#include "resolver/ctl_question.h"
#include "conf/value.h"
#include "resolver/asked.h"
#include "resolver/bytes.h"
#include "resolver/presentation.h"
#include <string.h>

bool question_of(const char *text, struct question *ret, bool *ret_address)
{
	struct conf_address found;
	/* An address has the same names on each interface. */
	size_t size = strchr(text, ':') != NULL ? strcspn(text, "%") : strlen(text);

	*ret_address = value_ip(text, size, &found);
	if (*ret_address) {
		struct address address = {.size = found.size};

		memcpy(address.bytes, found.bytes, sizeof address.bytes);
		ret->size = reverse_name(&address, ret->wire) + 4;
		question_set_type(ret, TYPE_PTR);
		return true;
	}
	if (strchr(text, ':') != NULL)
		return false; /* a mistyped address; in a name it is \058 */
	if (!presentation_read_any_name(text, ret->wire, &ret->size))
		return false;
	ret->size += 4;
	question_set_type(ret, TYPE_PTR);
	return true;
}

void question_set_type(struct question *question, uint16_t type)
{
	uint8_t *end = question->wire + question->size;

	question->type = type;
	write16(end - 4, type);
	write16(end - 2, CLASS_IN);
}
