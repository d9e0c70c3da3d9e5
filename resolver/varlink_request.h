/* SPDX-License-Identifier: MIT */
#pragma once
/* What the parameters of the Resolve… calls of io.systemd.Resolve ask for. Pure functions. */
#include "resolver/resolve.h"
#include "resolver/varlink_call.h"

/* What is wrong with it. */
struct varlink_fault {
	const char *error;     /* with its interface in front; NULL: a parameter is to blame */
	const char *parameter; /* which; borrowed from the call */
};

/* *ret borrows from the call. False: *ret_fault is what is wrong. Names and flags are not
 * looked at: resolve() does that. */
bool varlink_request_read(const struct varlink_call *call, enum resolve_kind kind,
	struct resolve_request *ret, struct varlink_fault *ret_fault);
