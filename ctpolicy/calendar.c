/* SPDX-License-Identifier: MIT */
#include "ctpolicy/calendar.h"
#include <stdlib.h>
#include <string.h>

static bool leap_year(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && leap_year(year) ? 1U : 0U);
}

bool ctp_calendar_ms(unsigned year, unsigned month, unsigned day, unsigned hour,
	unsigned minute, unsigned second, uint64_t *ret_ms)
{
	uint64_t days = 0;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	for (unsigned y = 1970; y < year; y++)
		days += leap_year(y) ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += days_in_month(year, m);
	days += day - 1;
	*ret_ms = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
	return true;
}

unsigned ctp_calendar_digits(const char *text, size_t n)
{
	unsigned number = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return UINT16_MAX;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	return number;
}

/* What follows the seconds: a fraction, which is dropped, and the offset from UTC. */
static bool parse_tail(const char *text, uint64_t *ms)
{
	unsigned hours, minutes;
	uint64_t offset_ms;

	if (*text == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return false;
		text += 1 + digits;
	}
	if (strcmp(text, "Z") == 0)
		return true;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':')
		return false;
	hours = ctp_calendar_digits(text + 1, 2);
	minutes = ctp_calendar_digits(text + 4, 2);
	offset_ms = ((uint64_t)hours * 60 + minutes) * 60000;
	if (hours > 23 || minutes > 59 || (*text == '+' && offset_ms > *ms))
		return false;
	*ms = *text == '+' ? *ms - offset_ms : *ms + offset_ms;
	return true;
}

bool ctp_calendar_parse(const char *text, uint64_t *ret_ms)
{
	static const char form[] = "0000-00-00T00:00:00";
	uint64_t ms;

	if (strlen(text) < sizeof form - 1)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] != '0' && text[i] != form[i])
			return false;
	if (!ctp_calendar_ms(ctp_calendar_digits(text, 4), ctp_calendar_digits(text + 5, 2),
		    ctp_calendar_digits(text + 8, 2), ctp_calendar_digits(text + 11, 2),
		    ctp_calendar_digits(text + 14, 2), ctp_calendar_digits(text + 17, 2),
		    &ms) ||
		!parse_tail(text + sizeof form - 1, &ms))
		return false;
	*ret_ms = ms;
	return true;
}

bool ctp_calendar_parse_any(const char *text, uint64_t *ret_ms)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 12 || text[n] != '\0')
		return ctp_calendar_parse(text, ret_ms);
	*ret_ms = strtoull(text, NULL, 10) * 1000;
	return true;
}
