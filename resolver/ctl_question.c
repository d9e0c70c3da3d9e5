/* SPDX-License-Identifier: MIT */
#include "resolver/ctl_question.h"
#include "conf/value.h"
#include "resolver/bytes.h"
#include "resolver/presentation.h"
#include "transport/idna.h"
#include <stdio.h>
#include <string.h>

/* 1.2.3.4 to 4.3.2.1.in-addr.arpa; RFC 3596 section 2.5. */
static void reverse(const struct conf_address *address, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = address->size; i-- > 0;) {
		unsigned byte = address->bytes[i];
		int n = address->size == 4 ? snprintf(text + used, size - used, "%u.", byte)
					   : snprintf(text + used, size - used, "%x.%x.",
						     byte & 15, byte >> 4);

		used += (size_t)n;
	}
	snprintf(text + used, size - used, "%s",
		address->size == 4 ? "in-addr.arpa" : "ip6.arpa");
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

bool question_of(const char *text, struct question *ret, bool *ret_address)
{
	char name[4 * PRESENTATION_NAME_MAX + 1];
	struct conf_address address;
	/* An address has the same names on each interface. */
	size_t size = strchr(text, ':') != NULL ? strcspn(text, "%") : strlen(text);

	*ret_address = value_ip(text, size, &address);
	if (*ret_address) {
		reverse(&address, name, sizeof name);
		text = name;
	} else if (strchr(text, ':') != NULL) {
		return false; /* a mistyped address; in a name it is \058 */
	} else if (!is_ascii(text)) {
		if (!idna_to_ascii(text, name, sizeof name))
			return false;
		text = name;
	}
	if (!presentation_read_name(text, ret->wire, &ret->size))
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
