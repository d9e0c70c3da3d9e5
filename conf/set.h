/* SPDX-License-Identifier: MIT */
#pragma once
/* What each key does with its value: the setters that options.def names. */
#include "conf/reading.h"

#define SETTER(name)                                                                           \
	bool set_##name(struct reading *reading, const struct option *option, const char *value)

SETTER(upstreams);
SETTER(fallback);
SETTER(domains);
SETTER(route_upstreams);
SETTER(route_domains);
SETTER(read_etc_hosts);
SETTER(single_label);
SETTER(canary_domain);
SETTER(refused_types);
SETTER(protocols);
SETTER(post_quantum);
SETTER(dns_over_tls);
SETTER(stub_listener);
SETTER(extra_listener);
SETTER(workers);
SETTER(query_timeout);
SETTER(policy);
SETTER(log_list);
SETTER(log_list_signature);
SETTER(log_list_key);
SETTER(trust_anchors);
SETTER(distrust_issuer);
SETTER(block_certificate);
SETTER(pin_public_key);
SETTER(cache);
SETTER(cache_from_localhost);
SETTER(cache_entries);
SETTER(cache_size);
SETTER(stale_retention);
SETTER(allow_clients);
SETTER(rate_limit);
SETTER(rebind_protection);
SETTER(rebind_allow);
SETTER(control_socket);
SETTER(metrics_listen);
SETTER(metrics_allow_remote);
SETTER(dnstap_socket);
SETTER(dnssec);
SETTER(trust_anchor_file);
SETTER(negative_trust_anchors);
SETTER(link_servers);
SETTER(portal);
SETTER(portal_check);
SETTER(portal_hosts);
SETTER(word);  /* one of option->values */
SETTER(later); /* nothing yet */
