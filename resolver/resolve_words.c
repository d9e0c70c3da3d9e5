/* SPDX-License-Identifier: MIT */
/* How lookups by function end, in words: those of resolvectl(1) where it is known by them. */
#include "resolver/presentation.h"
#include "resolver/resolve.h"
#include <stdio.h>
#include <string.h>

static const char *rcode_text(unsigned rcode, char *room, size_t size)
{
	const char *name = presentation_rcode_name(rcode);

	if (name != NULL)
		return name;
	snprintf(room, size, "RCODE%u", rcode);
	return room;
}

/* What stands before and behind the name; without the latter, it needs none. */
struct words {
	const char *before, *behind;
};

static struct words words_of(enum resolve_err err)
{
	switch (err) {
	case RESOLVE_OK: return (struct words){"", " was found"};
	case RESOLVE_INVALID_NAME: return (struct words){"Invalid hostname ", ""};
	case RESOLVE_INVALID_FLAGS: return (struct words){"Invalid flags parameter", NULL};
	case RESOLVE_INVALID_FAMILY: return (struct words){"Unknown address family", NULL};
	case RESOLVE_NO_SUCH_LINK: return (struct words){"There is no such link", NULL};
	case RESOLVE_NO_NAME_SERVERS: return (struct words){"No server may be asked for ", ""};
	case RESOLVE_NO_SUCH_RR:
		return (struct words){"", " does not have any RR of the requested type"};
	case RESOLVE_TIMED_OUT: return (struct words){"Query for ", " timed out"};
	case RESOLVE_DNS_ERROR:
		return (struct words){
			"Could not resolve ", ", server or network returned error "};
	case RESOLVE_DNSSEC_FAILED: return (struct words){"DNSSEC validation of ", " failed"};
	case RESOLVE_NO_SOURCE:
		return (struct words){"All suitable resolution sources turned off", NULL};
	case RESOLVE_TYPE_UNSUPPORTED:
		return (struct words){"No data are of the requested type", NULL};
	case RESOLVE_CNAME_LOOP:
		return (struct words){"", " is an alias, and no further one is followed"};
	case RESOLVE_INVALID_REPLY: return (struct words){"The reply about ", " is malformed"};
	case RESOLVE_NO_SUCH_SERVICE:
		return (struct words){"", " says that there is no such service"};
	case RESOLVE_NOMEM: break;
	}
	return (struct words){"Out of memory", NULL};
}

void resolve_why(const struct resolve_end *end, char *out, size_t size)
{
	struct words words = words_of(end->err);
	const char *name = end->name != NULL ? end->name : "", *more = "";
	const char *ede = end->ede_text != NULL ? end->ede_text : "";
	char text[4096], room[16];
	size_t n;

	if (end->err == RESOLVE_DNS_ERROR && end->rcode == RCODE_NXDOMAIN)
		words = (struct words){"Name ", " not found"};
	else if (end->err == RESOLVE_DNS_ERROR)
		more = rcode_text(end->rcode, room, sizeof room);
	if (ede[0] == '\0' && end->ede >= 0)
		ede = presentation_ede((unsigned)end->ede);
	if (ede == NULL || (end->err != RESOLVE_DNS_ERROR && end->err != RESOLVE_DNSSEC_FAILED))
		ede = "";
	if (words.behind != NULL)
		snprintf(text, sizeof text, "%s'%s'%s%s%s%s", words.before, name, words.behind,
			more, ede[0] != '\0' ? ": " : "", ede);
	else
		snprintf(text, sizeof text, "%s", words.before);
	if (size == 0)
		return;
	n = strlen(text) < size ? strlen(text) : size - 1;
	message_printable((const uint8_t *)text, n, (uint8_t *)out);
	out[n] = '\0';
}
