/* SPDX-License-Identifier: MIT */
#pragma once
/* What the web server says that stands in for all others behind a captive portal. */
#include "transport/exchange.h"

enum portal_http {
	PORTAL_HTTP_BAD,      /* no response of HTTP */
	PORTAL_HTTP_NOTHING,  /* what the true one says when nothing is in the way: 204, or no
				 redirect */
	PORTAL_HTTP_REDIRECT, /* somewhere else */
};

enum { PORTAL_URL_MAX = 1024, PORTAL_HOST_MAX = 256 };

/*
 * A response, or the beginning of one (RFC 9110, RFC 9112).
 *
 * url, host  PORTAL_HTTP_REDIRECT: where to, printable ASCII, and its host in lower case; an
 * http: or https: URL (RFC 3986) with a host name: others are PORTAL_HTTP_BAD
 */
enum portal_http portal_http_read(
	struct wire response, char url[PORTAL_URL_MAX], char host[PORTAL_HOST_MAX]);
