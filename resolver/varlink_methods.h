/* SPDX-License-Identifier: MIT */
#pragma once
/* What may be called, and what there is to be said of it. */
#include "resolver/varlink_client.h"

/* name: with its interface in front. NULL: there is none, on this socket. */
const struct varlink_method *varlink_method_find(bool monitor, const char *name);
/* Says that there is no such method, or not even its interface. */
void varlink_fail_method(struct varlink_client *client, const char *name);

/* An interface, for who wants to know what there is. */
struct varlink_interface {
	const char *name;
	bool main, monitor;      /* on which sockets */
	const char *description; /* in varlink's language for that */
};

/* The one at `i`; NULL past the last. */
const struct varlink_interface *varlink_interface_at(size_t i);

/* Reads the parameters of a method that has none but whether a person may be asked for
 * permission, which is not done. False: they are others, and the call has failed. */
bool varlink_no_parameters(struct varlink_client *client, const struct varlink_call *call);

/* Methods, by file. */

void varlink_resolve_hostname(struct varlink_client *, const struct varlink_call *);
void varlink_resolve_address(struct varlink_client *, const struct varlink_call *);
void varlink_resolve_record(struct varlink_client *, const struct varlink_call *);
void varlink_resolve_service(struct varlink_client *, const struct varlink_call *);

void varlink_dump_configuration(struct varlink_client *, const struct varlink_call *);
void varlink_subscribe_configuration(struct varlink_client *, const struct varlink_call *);
/* It may be another one: who has subscribed is told. */
void varlink_configuration_changed(struct varlink_service *service);

void varlink_subscribe_results(struct varlink_client *, const struct varlink_call *);

void varlink_dump_cache(struct varlink_client *, const struct varlink_call *);
void varlink_dump_servers(struct varlink_client *, const struct varlink_call *);
void varlink_dump_statistics(struct varlink_client *, const struct varlink_call *);
void varlink_reset_statistics(struct varlink_client *, const struct varlink_call *);
void varlink_flush_caches(struct varlink_client *, const struct varlink_call *);
void varlink_reset_servers(struct varlink_client *, const struct varlink_call *);
