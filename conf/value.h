/* SPDX-License-Identifier: MIT */
#pragma once
/* What values look like. Pure functions over terminated text. */
#include "conf/conf.h"

/* An IPv4 address as four decimal numbers, or an IPv6 address without a zone. IPv4-mapped IPv6
 * becomes IPv4. The port is left alone. */
bool value_ip(const char *text, size_t size, struct conf_address *ret);
/* ADDRESS or ADDRESS:PORT; an IPv6 address before a port stands in brackets. */
bool value_address(const char *text, size_t size, struct conf_address *ret);
/* Digits alone, from `min` to `max`. */
bool value_number(const char *text, size_t size, unsigned long min, unsigned long max,
	unsigned long *ret);
/* A span of time as systemd.time(7) writes it, in seconds when there is no unit: 5, 500ms, 1min
 * 2s. */
bool value_timespan_ms(const char *text, uint64_t *ret_ms);
/* Bytes: digits, and K, M or G behind them for powers of 1024. */
bool value_size(const char *text, uint64_t *ret);
/* ADDRESS or ADDRESS/BITS, with zeroes behind the prefix. */
bool value_prefix(const char *text, size_t size, struct conf_prefix *ret);
/* A host name (RFC 1123 section 2.1): labels of letters, digits and hyphens, without a final
 * dot. */
bool value_hostname(const char *text, size_t size);
/* The same, but underscores may stand in it: domains of services have them, too. */
bool value_domain(const char *text, size_t size);
/* Bytes in hexadecimal, with or without colons between them; from 1 to `max`. */
bool value_hex(const char *text, size_t size, size_t max, struct conf_octets *ret);
/* An address that cannot be a server's: unspecified, multicast or broadcast. */
bool value_is_no_host(const struct conf_address *address);
/* One of this machine alone: 127.0.0.0/8 or ::1. */
bool value_is_loopback(const struct conf_address *address);
/* yes or no, as systemd writes them: 1, y, true, t, on; 0, n, false, f, off; in any case. */
bool value_bool(const char *text, bool *ret);
/* UTF-8 (RFC 3629) without control characters beyond ASCII's; those of ASCII are not looked at.
 */
bool value_utf8(const char *text, size_t size);
/* Is `word` one of the words of `list`, which are separated by spaces? */
bool value_in_list(const char *word, const char *list);
