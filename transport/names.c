/* SPDX-License-Identifier: MIT */
#include "transport/names.h"
#include <string.h>

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool equal_ignoring_case(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

static bool ends_with(struct wire whole, struct wire end)
{
	return whole.size >= end.size &&
	       equal_ignoring_case(whole.data + (whole.size - end.size), end.data, end.size);
}

static bool is_wildcard(struct wire pattern)
{
	return pattern.size > 2 && pattern.data[0] == '*' && pattern.data[1] == '.';
}

bool name_matches(struct wire pattern, const char *name)
{
	struct wire whole = {(const uint8_t *)name, strlen(name)};
	const char *dot = strchr(name, '.');
	struct wire rest;

	if (!is_wildcard(pattern))
		return pattern.size == whole.size && ends_with(whole, pattern);
	if (dot == NULL || dot == name)
		return false;
	rest = (struct wire){(const uint8_t *)dot, strlen(dot)};
	pattern.data++;
	pattern.size--;
	return memchr(pattern.data + 1, '.', pattern.size - 1) != NULL &&
	       rest.size == pattern.size && ends_with(rest, pattern);
}

bool name_constraint_wellformed(struct wire constraint)
{
	size_t label = 0;

	if (constraint.size > 0 && constraint.data[0] == '.') {
		constraint.data++;
		constraint.size--;
		if (constraint.size == 0)
			return false;
	}
	if (constraint.size == 0)
		return true;
	if (constraint.size > 253)
		return false;
	for (size_t i = 0; i < constraint.size; i++) {
		uint8_t c = lower(constraint.data[i]);

		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
		if (c != '.' && c != '-' && c != '_' && !(c >= 'a' && c <= 'z') &&
			!(c >= '0' && c <= '9'))
			return false;
	}
	return label > 0;
}

bool wildcard_meets_subtree(struct wire pattern, struct wire constraint)
{
	if (!is_wildcard(pattern))
		return false;
	pattern.data++; /* ".example.com" */
	pattern.size--;
	if (constraint.size == 0)
		return true;
	if (constraint.data[0] == '.')
		return ends_with(pattern, constraint) || ends_with(constraint, pattern);
	if (ends_with(constraint, pattern))
		return true; /* *.example.com, and foo.example.com or below is meant */
	if (pattern.size == constraint.size + 1)
		return ends_with(pattern, constraint); /* *.example.com under example.com */
	return pattern.size > constraint.size + 1 && ends_with(pattern, constraint) &&
	       pattern.data[pattern.size - constraint.size - 1] == '.';
}

bool address_constraint_wellformed(struct wire constraint)
{
	size_t half = constraint.size / 2;
	bool ended = false;

	if (constraint.size != 8 && constraint.size != 32)
		return false;
	for (size_t bit = 0; bit < half * 8; bit++) {
		bool one = (constraint.data[half + bit / 8] >> (7 - bit % 8) & 1) != 0;

		if (one && ended)
			return false;
		ended |= !one;
	}
	return true;
}
