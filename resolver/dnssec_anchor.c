/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_anchor.h"
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_ldns.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANCHORS_MAX = 64, DS_MAX = 16, LINE_SIZE = 4096, RDATA_MAX = 2048 };

/* RFC 5011 section 4.2, as unbound and ldns write them in a comment. */
enum { STATE_VALID = 2, STATE_MISSING = 3 };

struct anchor {
	uint8_t name[DNAME_SIZE_MAX];
	uint8_t rdatas[DS_MAX * (2 + 4 + SHA384_SIZE)];
	size_t size;
};

struct anchors {
	struct anchor *list;
	size_t n;
	uint8_t (*negative)[DNAME_SIZE_MAX];
	size_t n_negative;
};

/* IANA's root-anchors.xml */
static const char *const built_in[] = {
	". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
	". DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

static struct anchor *anchor_of(struct anchors *anchors, const uint8_t *name)
{
	struct anchor *list;

	for (size_t i = 0; i < anchors->n; i++)
		if (dname_equal(anchors->list[i].name, name))
			return &anchors->list[i];
	if (anchors->n == ANCHORS_MAX)
		return NULL;
	list = realloc(anchors->list, (anchors->n + 1) * sizeof *list);
	if (list == NULL)
		return NULL;
	anchors->list = list;
	list[anchors->n] = (struct anchor){0};
	dname_lower(name, list[anchors->n].name);
	return &list[anchors->n++];
}

static const char *add_ds(struct anchors *anchors, const uint8_t *name, struct wire rdata)
{
	struct anchor *anchor;
	struct ds ds;

	if (!ds_read(rdata, &ds) || ds.digest.size > SHA384_SIZE)
		return "no DS record";
	if (!crypto_knows_algorithm(ds.algorithm) || !crypto_knows_digest(ds.digest_type))
		return "its algorithm or its type of digest is not supported";
	anchor = anchor_of(anchors, name);
	if (anchor == NULL || anchor->size + 2 + rdata.size > sizeof anchor->rdatas)
		return "too many trust anchors";
	anchor->rdatas[anchor->size] = 0;
	anchor->rdatas[anchor->size + 1] = (uint8_t)rdata.size;
	memcpy(anchor->rdatas + anchor->size + 2, rdata.data, rdata.size);
	anchor->size += 2 + rdata.size;
	return NULL;
}

static const char *add_dnskey(struct anchors *anchors, const uint8_t *name, struct wire rdata)
{
	uint8_t owner[DNAME_SIZE_MAX], ds[CRYPTO_DS_SIZE];
	struct dnskey key;

	if (!dnskey_read(rdata, &key) || (key.flags & DNSKEY_ZONE) == 0)
		return "not a zone key";
	if ((key.flags & DNSKEY_REVOKED) != 0)
		return NULL; /* RFC 5011 section 2.1: one that is trusted no more */
	dname_lower(name, owner);
	if (!crypto_make_ds(owner, rdata, ds))
		return "out of memory";
	return add_ds(anchors, name, (struct wire){ds, sizeof ds});
}

/* The record as uncompressed bytes. NULL: it is a good one. */
static const char *add_rr(struct anchors *anchors, const ldns_rr *rr)
{
	uint8_t bytes[DNAME_SIZE_MAX + 10 + RDATA_MAX];
	ldns_buffer *buffer = ldns.buffer_new(sizeof bytes);
	const char *wrong = "too long";
	struct wire rdata;
	size_t name, size;

	if (buffer == NULL)
		return "out of memory";
	if (ldns.rr2buffer_wire(buffer, rr, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK &&
		(size = ldns_buffer_position(buffer)) <= sizeof bytes) {
		memcpy(bytes, ldns_buffer_begin(buffer), size);
		name = dname_read(bytes, size);
		rdata = (struct wire){bytes + name + 10, size - name - 10};
		if (ldns.rr_get_type(rr) == LDNS_RR_TYPE_DS)
			wrong = add_ds(anchors, bytes, rdata);
		else if (ldns.rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY)
			wrong = add_dnskey(anchors, bytes, rdata);
		else
			wrong = "neither DS nor DNSKEY";
	}
	ldns.buffer_free(buffer);
	return wrong;
}

/* Does the comment say that this key is to be trusted, or nothing of it? */
static bool is_valid(const char *line)
{
	const char *state = strstr(line, "state=");

	if (strchr(line, ';') == NULL || state == NULL || state < strchr(line, ';'))
		return true;
	return state[6] == '0' + STATE_VALID || state[6] == '0' + STATE_MISSING;
}

static bool add_line(struct anchors *anchors, const char *line, char *wrong, size_t wrong_size)
{
	size_t blank = strspn(line, " \t\r\n"), size = strcspn(line, ";\r\n");
	char record[LINE_SIZE];
	const char *problem;
	ldns_status status;
	ldns_rr *rr = NULL;

	if (blank >= size || line[blank] == '$' || !is_valid(line))
		return true;
	snprintf(record, sizeof record, "%.*s", (int)size, line);
	status = ldns.rr_new_frm_str(&rr, record, 0, NULL, NULL);
	problem = status == LDNS_STATUS_OK ? add_rr(anchors, rr)
					   : ldns.get_errorstr_by_id(status);
	if (status == LDNS_STATUS_OK)
		ldns.rr_free(rr);
	if (problem != NULL)
		snprintf(wrong, wrong_size, "%s", problem);
	return problem == NULL;
}

static bool read_file(struct anchors *anchors, const char *path, char *why, size_t why_size)
{
	char line[LINE_SIZE], wrong[128];
	FILE *file = fopen(path, "re");
	bool good = file != NULL;

	if (!good)
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
	for (unsigned n = 1; good && fgets(line, sizeof line, file) != NULL; n++) {
		good = add_line(anchors, line, wrong, sizeof wrong);
		if (!good)
			snprintf(why, why_size, "%s:%u: %s", path, n, wrong);
	}
	if (good && anchors->n == 0) {
		snprintf(why, why_size, "%s: there is no trust anchor in it", path);
		good = false;
	}
	if (file != NULL)
		fclose(file);
	return good;
}

static bool take_negative(struct anchors *anchors, const char *const *negative, size_t n,
	char *why, size_t why_size)
{
	anchors->negative = calloc(n + 1, sizeof *anchors->negative);
	if (anchors->negative == NULL) {
		snprintf(why, why_size, "out of memory");
		return false;
	}
	for (; anchors->n_negative < n; anchors->n_negative++) {
		const char *text = negative[anchors->n_negative];

		if (!dname_from_text(text, anchors->negative[anchors->n_negative])) {
			snprintf(why, why_size, "%s: not a domain", text);
			return false;
		}
	}
	return true;
}

struct anchors *anchors_load(const char *path, const char *const *negative, size_t n_negative,
	char *why, size_t why_size)
{
	struct anchors *anchors;
	bool good;

	if (!ldns_load(why, why_size))
		return NULL;
	anchors = calloc(1, sizeof *anchors);
	good = anchors != NULL;
	if (!good)
		snprintf(why, why_size, "out of memory");
	else if (path != NULL)
		good = read_file(anchors, path, why, why_size);
	for (size_t i = 0; good && path == NULL && i < sizeof built_in / sizeof *built_in; i++)
		good = add_line(anchors, built_in[i], why, why_size);
	if (good && take_negative(anchors, negative, n_negative, why, why_size))
		return anchors;
	anchors_free(anchors);
	return NULL;
}

void anchors_free(struct anchors *anchors)
{
	if (anchors == NULL)
		return;
	free(anchors->list);
	free(anchors->negative);
	free(anchors);
}

static const struct anchor *nearest(const struct anchors *anchors, const uint8_t *name)
{
	const struct anchor *found = NULL;

	for (size_t i = 0; i < anchors->n; i++)
		if (dname_in(name, anchors->list[i].name) &&
			(found == NULL || dname_in(anchors->list[i].name, found->name)))
			found = &anchors->list[i];
	return found;
}

bool anchors_find(const struct anchors *anchors, const uint8_t *name, const uint8_t **ret_name,
	struct wire *ret_rdatas)
{
	const struct anchor *anchor = nearest(anchors, name);

	if (anchor == NULL)
		return false;
	*ret_name = anchor->name;
	*ret_rdatas = (struct wire){anchor->rdatas, anchor->size};
	return true;
}

bool anchors_exempt(const struct anchors *anchors, const uint8_t *name)
{
	const struct anchor *anchor = nearest(anchors, name);

	for (size_t i = 0; i < anchors->n_negative; i++)
		if (dname_in(name, anchors->negative[i]) &&
			(anchor == NULL || dname_labels(anchor->name) <
						   dname_labels(anchors->negative[i])))
			return true;
	return false;
}
