/* SPDX-License-Identifier: MIT */
/* The keys of DNSSEC validation. */
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>

SETTER(dnssec)
{
	if (*value == '\0')
		value = option->standard;
	if (strcmp(value, "allow-downgrade") == 0)
		return mistake(reading,
			"allow-downgrade would let whoever answers switch validation off; only "
			"yes and no are possible");
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	if (!HAVE_DNSSEC && strcmp(value, "yes") == 0)
		return mistake(
			reading, "yes: this build cannot validate: it was made without ldns");
	reading->conf->dnssec = strcmp(value, "yes") == 0;
	return true;
}

SETTER(trust_anchor_file)
{
	(void)option;
	reading->conf->trust_anchor_file = NULL;
	if (*value == '\0')
		return true;
	if (*value != '/')
		return mistake(reading, "%s: not an absolute path", value);
	reading->conf->trust_anchor_file = keep_text(reading, value, strlen(value));
	return reading->conf->trust_anchor_file != NULL;
}

static bool add_negative(struct reading *reading, const char *word, size_t size)
{
	return add_domain(reading, word, size, reading->conf->negative_anchors,
		&reading->conf->n_negative_anchors, NEGATIVE_ANCHORS_MAX);
}

SETTER(negative_trust_anchors)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_negative_anchors = 0;
	return each_word(reading, value, add_negative);
}
