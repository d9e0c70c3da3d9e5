/* SPDX-License-Identifier: MIT */
/*
 * The precertificate's TBSCertificate, twice. ctpolicy/entry.c cuts it out of the certificate;
 * here the certificate is decoded, the SCT extension left out, and what remains encoded anew,
 * from its end to its beginning, by code that shares nothing with it. They must be equal.
 */
#include "ctpolicy/entry.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct node {
	unsigned tag;
	const uint8_t *value;
	size_t size;
};

/* Grows downwards. */
struct output {
	uint8_t *begin, *at;
};

/* Decodes all elements of a value, lengths in whatever form. What comes here was accepted, so
 * there is nothing that could be wrong. */
static size_t decode(struct node parent, struct node *ret, size_t max)
{
	const uint8_t *p = parent.value, *end = p + parent.size;
	size_t n = 0;

	while (p < end) {
		size_t length, bytes;

		if (n == max || end - p < 2)
			abort();
		ret[n].tag = p[0];
		length = p[1];
		p += 2;
		if (length > 0x7f) {
			bytes = length - 0x80;
			for (length = 0; bytes > 0 && p < end; bytes--)
				length = length * 256 + *p++;
			if (bytes > 0)
				abort();
		}
		if (length > (size_t)(end - p))
			abort();
		ret[n].value = p;
		ret[n++].size = length;
		p += length;
	}
	return n;
}

static struct node only_child(struct node parent)
{
	struct node child;

	if (decode(parent, &child, 1) != 1)
		abort();
	return child;
}

static void prepend_byte(struct output *out, size_t byte)
{
	if (out->at == out->begin)
		abort();
	*--out->at = (uint8_t)byte;
}

/* Tag and length before all that was written since `end`. */
static void prepend_header(struct output *out, unsigned tag, const uint8_t *end)
{
	size_t length = (size_t)(end - out->at), bytes = 0;

	if (length < 0x80) {
		prepend_byte(out, length);
	} else {
		for (; length > 0; length /= 256, bytes++)
			prepend_byte(out, length % 256);
		prepend_byte(out, 0x80 + bytes);
	}
	prepend_byte(out, tag);
}

static void prepend_node(struct output *out, struct node node)
{
	const uint8_t *end = out->at;

	if ((size_t)(out->at - out->begin) < node.size)
		abort();
	out->at -= node.size;
	memmove(out->at, node.value, node.size);
	prepend_header(out, node.tag, end);
}

/* 1.3.6.1.4.1.11129.2.4.2, arc by arc. */
static bool is_sct_extension(struct node extension)
{
	static const unsigned wanted[] = {43, 6, 1, 4, 1, 11129, 2, 4, 2};
	struct node parts[3];
	size_t n = decode(extension, parts, 3), arc = 0;
	unsigned long number = 0;

	if (n < 2 || parts[0].tag != 6)
		abort();
	for (size_t i = 0; i < parts[0].size; i++) {
		unsigned byte = parts[0].value[i];

		if (number == 0 && byte == 0x80) /* an arc that is not in its shortest form */
			return false;
		if (number > 0xffffff) /* larger than any that is wanted */
			return false;
		number = number * 128 + byte % 128;
		if (byte >= 128)
			continue;
		if (arc == sizeof wanted / sizeof *wanted || number != wanted[arc++])
			return false;
		number = 0;
	}
	return arc == sizeof wanted / sizeof *wanted && number == 0;
}

/* Without any extension left there are no Extensions: the list may not be empty. */
static void prepend_extensions(struct output *out, struct node tagged)
{
	const uint8_t *end = out->at;
	struct node list = only_child(tagged), *extensions;
	size_t max = list.size / 2 + 1, n;

	extensions = calloc(max, sizeof *extensions);
	if (extensions == NULL)
		abort();
	for (n = decode(list, extensions, max); n-- > 0;)
		if (!is_sct_extension(extensions[n]))
			prepend_node(out, extensions[n]);
	free(extensions);
	if (out->at == end)
		return;
	prepend_header(out, list.tag, end);
	prepend_header(out, tagged.tag, end);
}

static void encode_again(struct node file, struct output *out)
{
	const uint8_t *end = out->at;
	struct node parts[3], fields[10];
	size_t n;

	if (decode(only_child(file), parts, 3) != 3)
		abort();
	for (n = decode(parts[0], fields, 10); n-- > 0;)
		if (fields[n].tag == 0xa3)
			prepend_extensions(out, fields[n]);
		else
			prepend_node(out, fields[n]);
	prepend_header(out, parts[0].tag, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate certificate;
	struct output again;
	uint8_t *cut, *end;
	size_t cut_size;

	if (!ctp_certificate_parse((struct ct_bytes){data, size}, &certificate))
		return 0;
	cut_size = ctp_precert_tbs_size(&certificate);
	cut = malloc(cut_size);
	again.begin = malloc(size);
	if (cut == NULL || again.begin == NULL)
		abort();
	if (ctp_precert_tbs_write(&certificate, cut) != cut + cut_size)
		abort();
	end = again.at = again.begin + size;
	encode_again((struct node){.value = data, .size = size}, &again);
	if ((size_t)(end - again.at) != cut_size || memcmp(again.at, cut, cut_size) != 0)
		abort();
	free(again.begin);
	free(cut);
	return 0;
}
