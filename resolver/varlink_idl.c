/* SPDX-License-Identifier: MIT */
/* The interfaces in varlink's own language, for varlinkctl(1) and whoever else asks. */
#include "resolver/varlink_methods.h"

#define INTERACTIVE "allowInteractiveAuthentication: ?bool"

/* Types that both interfaces have. */
#define RECORD_TYPES                                                                           \
	"type ResourceKey (class: ?int, type: int, name: string)\n"                            \
	"type ResourceRecord (key: ResourceKey, address: ?[]int, name: ?string,"               \
	" priority: ?int, weight: ?int, port: ?int, exchange: ?string, items: ?[]string)\n"

#define CONFIGURATION_TYPES                                                                    \
	"type DNSServer (address: []int, addressString: ?string, family: int, port: int,"      \
	" ifindex: ?int, name: ?string, accessible: bool)\n"                                   \
	"type SearchDomain (name: string, routeOnly: bool, ifindex: ?int)\n"                   \
	"type DNSScope (protocol: string, family: ?int, ifindex: ?int, ifname: ?string,"       \
	" dnssec: ?string, dnsOverTLS: ?string)\n"                                             \
	"type DNSConfiguration (ifname: ?string, ifindex: ?int, defaultRoute: ?bool,"          \
	" currentServer: ?DNSServer, servers: ?[]DNSServer, fallbackServers: ?[]DNSServer,"    \
	" searchDomains: ?[]SearchDomain, negativeTrustAnchors: ?[]string, dnssec: ?string,"   \
	" dnssecSupported: ?bool, dnsOverTLS: ?string, llmnr: ?string, mDNS: ?string,"         \
	" resolvConfMode: ?string, scopes: ?[]DNSScope)\n"

static const char RESOLVE[] =
	"interface io.systemd.Resolve\n\n" RECORD_TYPES CONFIGURATION_TYPES
	"type ResolvedAddress (ifindex: ?int, family: int, address: []int)\n"
	"type ResolvedName (ifindex: ?int, name: string)\n"
	"type ResolvedRecord (ifindex: ?int, rr: ?ResourceRecord, raw: string)\n"
	"type ResolvedService (priority: int, weight: int, port: int, hostname: string,"
	" canonicalName: ?string, addresses: ?[]ResolvedAddress)\n"
	"type ResolvedCanonical (name: ?string, type: string, domain: string)\n"
	"\n"
	"# The addresses of a name\n"
	"method ResolveHostname (ifindex: ?int, name: string, family: ?int, flags: ?int)"
	" -> (addresses: []ResolvedAddress, name: string, flags: int)\n"
	"\n"
	"# The names of an address\n"
	"method ResolveAddress (ifindex: ?int, family: int, address: []int, flags: ?int)"
	" -> (names: []ResolvedName, flags: int)\n"
	"\n"
	"# Where a service is offered: by its SRV and TXT records\n"
	"method ResolveService (name: ?string, type: ?string, domain: string, ifindex: ?int,"
	" family: ?int, flags: ?int) -> (services: []ResolvedService, txt: ?[]string,"
	" canonical: ResolvedCanonical, flags: int)\n"
	"\n"
	"# Records of any type\n"
	"method ResolveRecord (ifindex: ?int, name: string, class: ?int, type: int,"
	" flags: ?int) -> (rrs: []ResolvedRecord, flags: int)\n"
	"\n"
	"# What holds in all, and of each link\n"
	"method DumpDNSConfiguration () -> (configuration: []DNSConfiguration)\n"
	"\n"
	"error NoNameServers ()\n"
	"error NoSuchResourceRecord ()\n"
	"error QueryTimedOut ()\n"
	"error InvalidReply ()\n"
	"error QueryAborted ()\n"
	"error DNSSECValidationFailed (result: string, extendedDNSErrorCode: ?int,"
	" extendedDNSErrorMessage: ?string)\n"
	"error ResourceRecordTypeUnsupported ()\n"
	"error NoSource ()\n"
	"error DNSError (rcode: int, queryString: string, extendedDNSErrorCode: ?int,"
	" extendedDNSErrorMessage: ?string)\n"
	"error CNAMELoop ()\n"
	"error BadAddressSize ()\n"
	"error ResourceRecordTypeInvalidForQuery ()\n"
	"error ZoneTransfersNotPermitted ()\n"
	"error ResourceRecordTypeObsolete ()\n"
	"error ServiceNotProvided ()\n";

static const char MONITOR[] =
	"interface io.systemd.Resolve.Monitor\n\n" RECORD_TYPES CONFIGURATION_TYPES
	"type ResourceRecordArray (rr: ?ResourceRecord, raw: string)\n"
	"type Answer (rr: ?ResourceRecord, raw: string, ifindex: ?int)\n"
	"type CacheEntry (key: ResourceKey, rrs: ?[]ResourceRecordArray, type: ?string,"
	" until: int)\n"
	"type ScopeCache (protocol: string, family: ?int, ifindex: ?int, ifname: ?string,"
	" cache: []CacheEntry, dnssec: ?string, dnsOverTLS: ?string)\n"
	"type ServerState (Server: string, Type: string, Interface: ?string,"
	" InterfaceIndex: ?int, VerifiedFeatureLevel: string, PossibleFeatureLevel: string,"
	" DNSSECMode: string, DNSSECSupported: bool, ReceivedUDPFragmentMax: int,"
	" FailedUDPAttempts: int, FailedTCPAttempts: int, PacketTruncated: bool,"
	" PacketBadOpt: bool, PacketRRSIGMissing: bool, PacketInvalid: bool,"
	" PacketDoOff: bool)\n"
	"type TransactionStatistics (currentTransactions: int, totalTransactions: int,"
	" totalTimeouts: int, totalTimeoutsServedStale: int, totalFailedResponses: int,"
	" totalFailedResponsesServedStale: int)\n"
	"type CacheStatistics (size: int, hits: int, misses: int)\n"
	"type DnssecStatistics (secure: int, insecure: int, bogus: int, indeterminate: int)\n"
	"\n"
	"# Each question and what it was answered; needs 'more', and is root's to see\n"
	"method SubscribeQueryResults (" INTERACTIVE ") -> (ready: ?bool, state: ?string,"
	" rcode: ?int, question: ?[]ResourceKey, answer: ?[]Answer)\n"
	"\n"
	"# What holds now, and whenever that changes; needs 'more'\n"
	"method SubscribeDNSConfiguration (" INTERACTIVE ")"
	" -> (configuration: []DNSConfiguration)\n"
	"\n"
	"# What is cached, as much as one message may have; is root's to see\n"
	"method DumpCache (" INTERACTIVE ") -> (dump: []ScopeCache)\n"
	"\n"
	"# The upstreams\n"
	"method DumpServerState (" INTERACTIVE ") -> (dump: []ServerState)\n"
	"\n"
	"# What was counted since the start, or since that was reset\n"
	"method DumpStatistics (" INTERACTIVE ") -> (transactions: TransactionStatistics,"
	" cache: CacheStatistics, dnssec: DnssecStatistics)\n"
	"\n"
	"# These are root's to do\n"
	"method ResetStatistics (" INTERACTIVE ") -> ()\n"
	"method FlushCaches (" INTERACTIVE ") -> ()\n"
	"method ResetServerFeatures (" INTERACTIVE ") -> ()\n";

static const char SERVICE[] = "interface io.systemd.service\n\n"
			      "# Is it there?\n"
			      "method Ping () -> ()\n"
			      "\n"
			      "# Lines of more weight than this are logged, from 0 to 7; to set"
			      " it is root's to do\n"
			      "method GetLogLevel () -> (level: int)\n"
			      "method SetLogLevel (level: ?int) -> ()\n";

static const char VARLINK[] =
	"interface org.varlink.service\n\n"
	"method GetInfo () -> (vendor: string, product: string, version: string, url: string,"
	" interfaces: []string)\n"
	"method GetInterfaceDescription (interface: string) -> (description: string)\n"
	"\n"
	"error InterfaceNotFound (interface: string)\n"
	"error MethodNotFound (method: string)\n"
	"error MethodNotImplemented (method: string)\n"
	"error InvalidParameter (parameter: string)\n"
	"error PermissionDenied ()\n"
	"error ExpectedMore ()\n";

const struct varlink_interface *varlink_interface_at(size_t i)
{
	static const struct varlink_interface INTERFACES[] = {
		{"io.systemd.Resolve", true, false, RESOLVE},
		{"io.systemd.Resolve.Monitor", false, true, MONITOR},
		{"io.systemd.service", true, false, SERVICE},
		{"org.varlink.service", true, true, VARLINK},
	};

	return i < sizeof INTERFACES / sizeof *INTERFACES ? &INTERFACES[i] : NULL;
}
