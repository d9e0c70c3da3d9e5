/* SPDX-License-Identifier: MIT */
#include "resolver/portal_http.h"
#include "conf/value.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The next line, without its end; size 0: the header is over, or cut. */
static struct wire next_line(struct wire *rest)
{
	struct wire line = {rest->data, 0};
	const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;

	if (end == NULL)
		return line;
	line.size = (size_t)(end - rest->data);
	rest->data = end + 1;
	rest->size -= line.size + 1;
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* 0: it is no status line. */
static unsigned read_status(struct wire line)
{
	static const char version[] = "HTTP/1.";
	const size_t at = sizeof version + 1; /* behind the minor version and a space */
	unsigned status = 0;

	if (line.size < at + 3 || memcmp(line.data, version, sizeof version - 1) != 0 ||
		line.data[at - 1] != ' ')
		return 0;
	for (size_t i = at; i < at + 3; i++) {
		if (!isdigit(line.data[i]))
			return 0;
		status = status * 10 + line.data[i] - '0';
	}
	return status;
}

static bool read_location(struct wire line, char url[PORTAL_URL_MAX])
{
	static const char name[] = "location:";
	size_t at = sizeof name - 1, n = 0;

	if (line.size < at || strncasecmp((const char *)line.data, name, at) != 0)
		return false;
	while (at < line.size && (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	for (; at < line.size && line.data[at] > ' ' && line.data[at] < 0x7f &&
		n < PORTAL_URL_MAX - 1;
		at++)
		url[n++] = (char)line.data[at];
	url[n] = '\0';
	return at == line.size;
}

static bool read_host(const char *url, char host[PORTAL_HOST_MAX])
{
	size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
			: strncasecmp(url, "https://", 8) == 0 ? 8
							       : 0;
	size_t size;

	if (scheme == 0)
		return false;
	url += scheme;
	size = strcspn(url, ":/?#");
	if (size == 0 || size >= PORTAL_HOST_MAX || !value_hostname(url, size))
		return false;
	for (size_t i = 0; i < size; i++)
		host[i] = (char)tolower((unsigned char)url[i]);
	host[size] = '\0';
	return true;
}

enum portal_http portal_http_read(
	struct wire response, char url[PORTAL_URL_MAX], char host[PORTAL_HOST_MAX])
{
	unsigned status = read_status(next_line(&response));
	struct wire line;

	if (status == 0)
		return PORTAL_HTTP_BAD;
	if (status < 300 || status > 399)
		return PORTAL_HTTP_NOTHING;
	while ((line = next_line(&response)).size > 0)
		if (read_location(line, url))
			return read_host(url, host) ? PORTAL_HTTP_REDIRECT : PORTAL_HTTP_BAD;
	return PORTAL_HTTP_BAD;
}
