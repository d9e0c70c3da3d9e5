/* SPDX-License-Identifier: MIT */
#pragma once
/* Dates to milliseconds, without time_t (which ends in 2038 on some machines) and without a
 * locale. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A date in UTC of the years 1970 to 9999. False: there is no such date. */
bool ctp_calendar_ms(unsigned year, unsigned month, unsigned day, unsigned hour,
	unsigned minute, unsigned second, uint64_t *ret_ms);

/* `n` digits as a number; more than any field of a date can be when one is no digit. */
unsigned ctp_calendar_digits(const char *text, size_t n);

/* RFC 3339: 2026-08-20T13:34:57Z, with a fraction of a second or an offset as +01:00. */
bool ctp_calendar_parse(const char *text, uint64_t *ret_ms);
/* The same, or seconds since 1970: what people may give programs. */
bool ctp_calendar_parse_any(const char *text, uint64_t *ret_ms);
