/* SPDX-License-Identifier: MIT */
#include "transport/certmsg.h"
#include "ctpolicy/reader.h"

enum {
	EXTENSION_STATUS_REQUEST = 5, /* RFC 6066 section 8 */
	EXTENSION_SCTS = 18,          /* RFC 6962 section 3.3.1 */
	STATUS_OCSP = 1,
	STATUS_OF_NO_TYPE = 0xff,
};

/* The extensions of all entries, one after the other. */
struct walk {
	struct reader entries, extensions;
	size_t entry; /* which, from 1; 0: none yet */
};

struct extension {
	uint64_t type;
	struct ct_bytes body;
};

static struct walk walk_open(const uint8_t *body, size_t size)
{
	struct reader r = {.rest = {body, size}};
	struct walk walk = {0};

	(void)read_bytes(&r, read_size(&r, 1)); /* certificate_request_context */
	walk.entries.rest = read_bytes(&r, read_size(&r, 3));
	walk.entries.bad = r.bad || r.rest.size > 0;
	return walk;
}

/* False at the end, and where it is malformed: then entries.bad. */
static bool walk_next(struct walk *walk, struct extension *ret)
{
	while (walk->extensions.rest.size == 0) {
		if (walk->entries.bad || walk->entries.rest.size == 0)
			return false;
		(void)read_bytes(&walk->entries, read_size(&walk->entries, 3)); /* cert_data */
		walk->extensions.rest = read_opaque16(&walk->entries);
		walk->entry++;
	}
	ret->type = read_number(&walk->extensions, 2);
	ret->body = read_opaque16(&walk->extensions);
	walk->entries.bad |= walk->extensions.bad;
	return !walk->entries.bad;
}

/* CertificateStatus: its type, then OCSPResponse<1..2^24-1>. */
static struct wire read_status(struct ct_bytes body)
{
	struct reader r = {.rest = body};
	struct ct_bytes response = {0};

	if (read_number(&r, 1) == STATUS_OCSP)
		response = read_bytes(&r, read_size(&r, 3));
	return r.bad || r.rest.size > 0 ? (struct wire){0}
					: (struct wire){response.data, response.size};
}

bool certmsg_read(struct wire body, struct certmsg *ret)
{
	struct walk walk = walk_open(body.data, body.size);
	bool some_scts = false, some_status = false;
	struct certmsg message = {0};
	struct extension extension;

	while (walk_next(&walk, &extension)) {
		if (walk.entry > 1)
			continue;
		if (extension.type == EXTENSION_SCTS) {
			if (some_scts)
				return false;
			some_scts = true;
			message.scts = (struct wire){extension.body.data, extension.body.size};
		} else if (extension.type == EXTENSION_STATUS_REQUEST) {
			if (some_status)
				return false;
			some_status = true;
			message.staple = read_status(extension.body);
		}
	}
	if (walk.entries.bad)
		return false;
	*ret = message;
	return true;
}

void certmsg_hide_scts(uint8_t *body, size_t size)
{
	struct walk walk = walk_open(body, size);
	struct extension extension;

	while (walk_next(&walk, &extension)) {
		uint8_t *content = body + (extension.body.data - body);

		if (extension.type != EXTENSION_SCTS || extension.body.size < 4)
			continue;
		content[-3] = EXTENSION_STATUS_REQUEST; /* the lower byte of the type */
		content[0] = STATUS_OF_NO_TYPE;
	}
}
