/* SPDX-License-Identifier: MIT */
#include "conf/set.h"
#include "conf/value.h"
#include <stdio.h>
#include <string.h>

enum { QUERY_TIMEOUT_MIN_MS = 100, QUERY_TIMEOUT_MAX_MS = 60000 };

/* Does `text` begin with `prefix`? Then *text goes behind it. */
static bool skip(const char **text, size_t *size, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*size < n || memcmp(*text, prefix, n) != 0)
		return false;
	*text += n;
	*size -= n;
	return true;
}

bool read_bool(
	struct reading *reading, const struct option *option, const char *value, bool *ret)
{
	if (*value == '\0')
		value = option->standard;
	return value_bool(value, ret) || mistake(reading, "%s: neither yes nor no", value);
}

bool each_word(struct reading *reading, const char *value,
	bool (*each)(struct reading *, const char *word, size_t size))
{
	bool good = true;

	while (*value != '\0') {
		size_t size = strcspn(value, " \t");

		good &= each(reading, value, size);
		value += size;
		value += strspn(value, " \t");
	}
	return good;
}

SETTER(dns_over_tls)
{
	if (*value == '\0' || value_in_list(value, option->values))
		return true;
	if (value_in_list(value, "no opportunistic"))
		return mistake(reading,
			"%s would let queries leave in plain text or to anybody, which this "
			"program "
			"never does; only yes is possible",
			value);
	return mistake(reading, "%s: only yes is possible", value);
}

SETTER(stub_listener)
{
	struct conf *conf = reading->conf;

	if (*value == '\0')
		value = option->standard;
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	conf->stub_listener_udp = value_in_list(value, "yes udp");
	conf->stub_listener_tcp = value_in_list(value, "yes tcp");
	return true;
}

bool listeners_overlap(const struct conf_listener *a, const struct conf_listener *b)
{
	return ((a->udp && b->udp) || (a->tcp && b->tcp)) &&
	       memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

SETTER(extra_listener)
{
	struct conf *conf = reading->conf;
	struct conf_listener listener = {0};
	size_t size = strlen(value);
	const char *text = value;

	(void)option;
	if (size == 0) {
		conf->n_extra_listeners = 0;
		return true;
	}
	listener.udp = skip(&text, &size, "udp:");
	listener.tcp = !listener.udp && skip(&text, &size, "tcp:");
	if (!listener.udp && !listener.tcp)
		listener.udp = listener.tcp = true;
	if (!value_address(text, size, &listener.address))
		return mistake(reading,
			"%s: not [udp:|tcp:]ADDRESS[:PORT] (IPv6 with a port: [ADDRESS]:PORT)",
			value);
	if (listener.address.port == 0)
		listener.address.port = 53;
	for (size_t i = 0; i < conf->n_extra_listeners; i++)
		if (listeners_overlap(&conf->extra_listeners[i], &listener))
			return mistake(reading, "%s: listens there already", value);
	if (conf->n_extra_listeners == LISTENERS_MAX)
		return mistake(reading, "more than %d listeners", LISTENERS_MAX);
	conf->extra_listeners[conf->n_extra_listeners++] = listener;
	return true;
}

SETTER(workers)
{
	unsigned long number;

	if (*value == '\0')
		value = option->standard;
	if (!value_number(value, strlen(value), 1, CONF_WORKERS_MAX, &number))
		return mistake(reading, "%s: not a number between 1 and 64", value);
	reading->conf->workers = (unsigned)number;
	return true;
}

SETTER(query_timeout)
{
	uint64_t ms;

	if (*value == '\0')
		value = option->standard;
	if (!value_timespan_ms(value, &ms))
		return mistake(reading, "%s: not a span of time such as 5 or 1500ms", value);
	if (ms < QUERY_TIMEOUT_MIN_MS || ms > QUERY_TIMEOUT_MAX_MS)
		return mistake(reading, "%s: not between 100ms and 60s", value);
	reading->conf->query_timeout_ms = (uint32_t)ms;
	return true;
}

SETTER(policy)
{
	if (*value == '\0')
		value = option->standard;
	if (strcmp(value, "two-logs") == 0)
		reading->conf->policy = CONF_POLICY_TWO_LOGS;
	else if (strcmp(value, "chrome") == 0)
		reading->conf->policy = CONF_POLICY_CHROME;
	else if (strcmp(value, "apple") == 0)
		reading->conf->policy = CONF_POLICY_APPLE;
	else
		return mistake(reading, "%s: not one of %s", value, option->values);
	return true;
}

/* "" is NULL. */
static bool read_path(struct reading *reading, const char *value, const char **ret)
{
	*ret = NULL;
	if (*value == '\0')
		return true;
	/* Kept also when it is wrong: nobody is to be told that it is missing. */
	*ret = keep_text(reading, value, strlen(value));
	if (*value != '/')
		return mistake(reading, "%s: not an absolute path", value);
	return *ret != NULL;
}

SETTER(log_list)
{
	return read_path(
		reading, *value != '\0' ? value : option->standard, &reading->conf->log_list);
}

SETTER(log_list_signature)
{
	(void)option;
	return read_path(reading, value, &reading->conf->log_list_signature);
}

SETTER(log_list_key)
{
	(void)option;
	return read_path(reading, value, &reading->conf->log_list_key);
}

SETTER(trust_anchors)
{
	if (*value == '\0')
		value = option->standard;
	reading->conf->trust_anchors = NULL;
	if (strcmp(value, "system") == 0)
		return true;
	if (*value != '/')
		return mistake(reading, "%s: neither \"system\" nor an absolute path", value);
	reading->conf->trust_anchors = keep_text(reading, value, strlen(value));
	return reading->conf->trust_anchors != NULL;
}

enum { SHA256_SIZE = 32, KEY_ID_MAX = 32, SERIAL_MAX = 20 };

/* Notes one more entry, under the words that wrote it. */
static bool distrust(struct reading *reading, const struct option *option, const char *value,
	struct conf_distrust entry)
{
	struct conf *conf = reading->conf;
	char text[256];

	if (conf->n_distrusted == DISTRUSTED_MAX)
		return mistake(reading, "more than %d entries", DISTRUSTED_MAX);
	snprintf(text, sizeof text, "%s=%s", option->key, value);
	entry.text = keep_text(reading, text, strlen(text));
	conf->distrusted[conf->n_distrusted++] = entry;
	return entry.text != NULL;
}

/* An empty value takes back what this key has said so far, and leaves what the other has. */
static bool forget(struct reading *reading, bool issuers)
{
	struct conf *conf = reading->conf;
	size_t kept = 0;

	for (size_t i = 0; i < conf->n_distrusted; i++) {
		enum conf_distrust_kind kind = conf->distrusted[i].kind;
		bool issuer = kind == CONF_DISTRUST_KEY_ID || kind == CONF_DISTRUST_SPKI;

		if (issuer != issuers)
			conf->distrusted[kept++] = conf->distrusted[i];
	}
	conf->n_distrusted = kept;
	return true;
}

SETTER(distrust_issuer)
{
	struct conf_distrust entry = {.kind = CONF_DISTRUST_KEY_ID};
	size_t size = strlen(value);
	const char *text = value;

	if (size == 0)
		return forget(reading, true);
	if (skip(&text, &size, "keyid:")) {
		if (value_hex(text, size, KEY_ID_MAX, &entry.id))
			return distrust(reading, option, value, entry);
	} else if (skip(&text, &size, "sha256:")) {
		entry.kind = CONF_DISTRUST_SPKI;
		if (value_hex(text, size, SHA256_SIZE, &entry.id) &&
			entry.id.size == SHA256_SIZE)
			return distrust(reading, option, value, entry);
	}
	return mistake(reading,
		"%s: neither keyid:HEX nor sha256:HEX with the 64 digits of a public key's "
		"hash",
		value);
}

SETTER(block_certificate)
{
	struct conf_distrust entry = {.kind = CONF_DISTRUST_CERTIFICATE};
	size_t size = strlen(value);
	const char *text = value, *slash;

	if (size == 0)
		return forget(reading, false);
	if (!skip(&text, &size, "sha256:"))
		return mistake(reading, "%s: not sha256:HEX or sha256:HEX/SERIAL", value);
	slash = memchr(text, '/', size);
	if (slash != NULL) {
		const char *serial = slash + 1;
		size_t digits = strlen(serial);

		entry.kind = CONF_DISTRUST_SERIAL;
		size = (size_t)(slash - text);
		while (digits > 2 && memcmp(serial, "00", 2) == 0) {
			serial += serial[2] == ':' ? 3 : 2;
			digits = strlen(serial);
		}
		if (!value_hex(serial, digits, SERIAL_MAX, &entry.serial))
			return mistake(
				reading, "%s: not a serial number in hexadecimal", serial);
	}
	if (!value_hex(text, size, SHA256_SIZE, &entry.id) || entry.id.size != SHA256_SIZE)
		return mistake(reading, "%s: a SHA-256 has 64 hexadecimal digits", value);
	return distrust(reading, option, value, entry);
}

SETTER(pin_public_key)
{
	struct conf *conf = reading->conf;
	struct conf_pin pin = {0};
	size_t size = strcspn(value, " \t"), digits;
	const char *key = value + size + strspn(value + size, " \t");

	(void)option;
	if (*value == '\0') {
		conf->n_pins = 0;
		return true;
	}
	digits = strlen(key);
	if (!value_ip(value, size, &pin.address) || !skip(&key, &digits, "sha256:") ||
		!value_hex(key, digits, SHA256_SIZE, &pin.sha256) ||
		pin.sha256.size != SHA256_SIZE)
		return mistake(reading,
			"%s: not ADDRESS sha256:HEX with the 64 digits of a public key's hash",
			value);
	if (conf->n_pins == PINS_MAX)
		return mistake(reading, "more than %d keys", PINS_MAX);
	pin.text = keep_text(reading, value, strlen(value));
	conf->pins[conf->n_pins++] = pin;
	return pin.text != NULL;
}

/* "1 |": what this version does, then what it does not do yet. */
SETTER(word)
{
	size_t now = strcspn(option->values, "|");
	char supported[64];

	memcpy(supported, option->values, now);
	supported[now] = '\0';
	while (*value != '\0') {
		size_t size = strcspn(value, " \t");
		char word[64];

		if (size >= sizeof word)
			return mistake(reading, "%s: not a value that it can have", value);
		memcpy(word, value, size);
		word[size] = '\0';
		if (value_in_list(word, option->values + now))
			return mistake(reading, "%s is not supported yet", word);
		if (!value_in_list(word, supported))
			return mistake(reading, "%s: not a value that is supported (%.*s)",
				word,
				(int)(now > 0 && supported[now - 1] == ' ' ? now - 1 : now),
				supported);
		value += size;
		value += strspn(value, " \t");
	}
	return true;
}

SETTER(later)
{
	(void)option;
	return *value == '\0' || mistake(reading, "not supported yet");
}
