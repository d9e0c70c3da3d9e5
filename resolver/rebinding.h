/* SPDX-License-Identifier: MIT */
#pragma once
/* DNS rebinding: a public name whose address is a private one lets a web page speak to the
 * machines of the network that it is looked at from. */
#include "conf/conf.h"
#include "resolver/message.h"

/* If the configuration wants it so, an answer that gives a public name an address of this
 * machine or a private one, be it in an A, AAAA, HTTPS or SVCB record, becomes REFUSED with an
 * Extended DNS Error that says so, and is not to be kept. */
void rebinding_refuse(const struct conf *conf, struct wire question, struct answer *answer);
