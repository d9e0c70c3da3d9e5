/* SPDX-License-Identifier: MIT */
/* The folders of /run/systemd, in a folder of the test's own. */
#include "fakelinks.h"
#include "resolver/netif.h"
#include "resolver/networkd.h"
#include "resolver/runfiles.h"
#include "resolver/smallfile.h"
#include "resolver/snapshot.h"
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];
static char paths[256][128];
static const struct fake_link THERE[] = {{1, "lo", FAKE_UP | IFF_LOOPBACK, {"127.0.0.1"}},
	{3, "eth0", FAKE_UP, {"192.0.2.9"}}, {4, "wlan0", FAKE_UP, {"192.0.2.10"}}};

/* In the test's folder; it stays for the rest of the test. */
static const char *in_root(const char *name)
{
	static unsigned next;
	char *path = paths[next++ % 256];

	snprintf(path, sizeof *paths, "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	assert_true(smallfile_write(in_root(name), text));
}

/* NULL: it is not there. Freed with the next one. */
static const char *get(const char *name)
{
	static char *text;

	free(text);
	text = smallfile_read(in_root(name), 1 << 20);
	return text;
}

static int set_up([[maybe_unused]] void **state)
{
	snprintf(root, sizeof root, "/tmp/test_standin_files.XXXXXX");
	fake_links(THERE, 3);
	return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_one(const char *path, [[maybe_unused]] const struct stat *status,
	[[maybe_unused]] int kind, [[maybe_unused]] struct FTW *place)
{
	return remove(path);
}

static int tear_down([[maybe_unused]] void **state)
{
	(void)get("nothing");
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct link_settings settings_of(const char *domain)
{
	struct link_settings settings = {0};

	if (domain != NULL)
		assert_true(link_add_domain(&settings, domain, false));
	return settings;
}

static void set(struct links *links, int index, const char *domain)
{
	struct link_settings settings = settings_of(domain);

	assert_int_equal(links_set(links, index, &settings), LINKS_OK);
}

/* The first domain that holds; "-": none. */
static const char *domain_of(struct links *links, int index)
{
	const struct link *link = links_find(links, index);

	return link->settings.n_domains > 0 ? link->settings.domains[0].name : "-";
}

static void test_small_files([[maybe_unused]] void **state)
{
	struct stat one, two;
	FILE *file;

	umask(0077);
	put("a", "text\n");
	assert_string_equal(get("a"), "text\n");
	assert_int_equal(stat(in_root("a"), &one), 0);
	assert_int_equal(one.st_mode & 0777, 0644);
	put("a", "text\n");
	assert_int_equal(stat(in_root("a"), &two), 0);
	assert_int_equal(one.st_ino, two.st_ino);
	put("a.new", "left over");
	put("a", "text2\n");
	assert_string_equal(get("a"), "text2\n");
	assert_null(get("a.new"));
	put("a", "");
	assert_string_equal(get("a"), "");
	assert_null(smallfile_read(in_root("none"), 10));
	assert_int_equal(errno, ENOENT);
	put("a", "12345");
	assert_null(smallfile_read(in_root("a"), 4));
	assert_int_equal(errno, EFBIG);
	assert_null(smallfile_read(root, 10));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifo(in_root("pipe"), 0600), 0);
	assert_null(smallfile_read(in_root("pipe"), 10));
	assert_int_equal(errno, EINVAL);
	file = fopen(in_root("nul"), "w");
	fwrite("a\0b", 1, 3, file);
	fclose(file);
	assert_null(smallfile_read(in_root("nul"), 10));
	assert_int_equal(errno, EINVAL);
	assert_false(smallfile_write(in_root("none/a"), "text"));
	assert_int_equal(errno, ENOENT);
}

/* What is set comes back after a restart; what was written by others, too. */
static void test_netif_keeps([[maybe_unused]] void **state)
{
	static const char hook[] =
		"# by hand\nLLMNR=yes\nSERVERS=192.0.2.1\nDOMAINS=hook.example\n";
	struct loop *loop = loop_new();
	struct links *links = links_new(loop);
	struct netif *netif;

	mkdir(in_root("netif"), 0755);
	put("netif/3", hook);
	put("netif/1", hook);
	put("netif/77", hook);
	put("netif/78x", hook);
	netif = netif_new(links, in_root("netif"));
	assert_string_equal(domain_of(links, 3), "hook.example");
	assert_string_equal(domain_of(links, 1), "-");
	assert_null(get("netif/77"));
	assert_non_null(get("netif/78x"));
	set(links, 4, "four.example");
	run_turn(loop);
	assert_string_equal(get("netif/3"), hook);
	assert_non_null(strstr(get("netif/4"), "\nDOMAINS=four.example\n"));
	set(links, 3, "five.example");
	set(links, 4, NULL);
	run_turn(loop);
	assert_non_null(strstr(get("netif/3"), "\nDOMAINS=five.example\n"));
	assert_null(get("netif/4"));
	/* The last word is not lost, though its turn does not come. */
	set(links, 4, "last.example");
	netif_free(netif);
	links_free(links);
	run_turn(loop);

	links = links_new(loop);
	netif = netif_new(links, in_root("netif"));
	assert_string_equal(domain_of(links, 3), "five.example");
	assert_string_equal(domain_of(links, 4), "last.example");
	fake_links(THERE, 2);
	links_network_changed(links);
	run_turn(loop);
	assert_null(get("netif/4"));
	put("netif/4", "DOMAINS=~later.example\n");
	fake_links(THERE, 3);
	links_network_changed(links);
	run_turn(loop);
	assert_string_equal(domain_of(links, 4), "later.example");
	netif_free(netif);
	links_free(links);
	loop_free(loop);
}

/* No folder, and none can be made: nothing is lost but the files. */
static void test_netif_cannot([[maybe_unused]] void **state)
{
	struct loop *loop = loop_new();
	struct links *links = links_new(loop);
	struct netif *netif = netif_new(links, in_root("none/netif"));

	assert_non_null(netif);
	set(links, 3, "a.example");
	run_turn(loop);
	assert_string_equal(domain_of(links, 3), "a.example");
	/* When it can be, it is. */
	mkdir(in_root("none"), 0755);
	mkdir(in_root("none/netif"), 0755);
	set(links, 4, "b.example");
	run_turn(loop);
	assert_non_null(get("none/netif/3"));
	assert_non_null(get("none/netif/4"));
	netif_free(netif);
	links_free(links);
	loop_free(loop);
}

static struct front front;

static const char *search_line(void)
{
	const char *text = get("stub-resolv.conf"), *line = strstr(text, "\nsearch");

	assert_non_null(line);
	return line + 1;
}

/* From here on, files as with this configuration. */
static void begin_runfiles(struct snapshot *snapshot, struct facts *facts, const char *text)
{
	struct conf_errors errors = {0};

	*snapshot = (struct snapshot){.conf = conf_parse("test", text, strlen(text), &errors)};
	assert_non_null(snapshot->conf);
	*facts = (struct facts){.snapshot = snapshot};
	front = (struct front){.loop = loop_new(), .facts = facts};
	front.links = links_new(front.loop);
}

static void end_runfiles(struct snapshot *snapshot, struct runfiles *runfiles)
{
	runfiles_free(runfiles);
	links_free(front.links);
	loop_free(front.loop);
	conf_free(snapshot->conf);
}

static void test_resolv_conf([[maybe_unused]] void **state)
{
	struct snapshot snapshot;
	struct runfiles *runfiles;
	struct facts facts;
	struct stat one, two;

	begin_runfiles(&snapshot, &facts, "[Resolve]\nDNS=192.0.2.77\n");
	runfiles = runfiles_new(&front, root);
	assert_non_null(strstr(get("stub-resolv.conf"), "managed by man:systemd-resolved(8)"));
	assert_non_null(strstr(get("stub-resolv.conf"),
		"\n\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n"));
	assert_non_null(strstr(get("resolv.conf"), "\nnameserver 127.0.0.53\nsearch .\n"));
	set(front.links, 4, "wlan.example");
	run_turn(front.loop);
	assert_string_equal(search_line(), "search wlan.example\n");
	assert_int_equal(stat(in_root("stub-resolv.conf"), &one), 0);
	assert_int_equal(one.st_mode & 0777, 0644);
	set(front.links, 3, "wlan.example");
	run_turn(front.loop);
	assert_int_equal(stat(in_root("stub-resolv.conf"), &two), 0);
	assert_int_equal(one.st_ino, two.st_ino);
	conf_free(snapshot.conf);
	end_runfiles(&(struct snapshot){0}, runfiles);
}

static void test_search([[maybe_unused]] void **state)
{
	struct link_settings settings = {0};
	struct snapshot snapshot;
	struct runfiles *runfiles;
	struct facts facts;
	char name[32];

	begin_runfiles(
		&snapshot, &facts, "[Resolve]\nDomains=home.example ~route.example ~.\n");
	runfiles = runfiles_new(&front, root);
	assert_true(link_add_domain(&settings, "corp.example", true));
	assert_true(link_add_domain(&settings, "lan.example", false));
	assert_true(link_add_domain(&settings, "home.example", false));
	assert_true(link_add_domain(&settings, "com", false));
	assert_true(link_add_domain(&settings, "co.uk", false));
	assert_true(link_add_domain(&settings, ".", true));
	assert_int_equal(links_set(front.links, 4, &settings), LINKS_OK);
	set(front.links, 3, "first.example");
	run_turn(front.loop);
	assert_string_equal(search_line(), "search home.example first.example lan.example\n");
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "d%d.example", i);
		assert_true(link_add_domain(&settings, name, false));
	}
	assert_int_equal(links_set(front.links, 3, &settings), LINKS_OK);
	run_turn(front.loop);
	assert_non_null(strstr(search_line(), " d254.example\n"));
	end_runfiles(&snapshot, runfiles);
}

static void test_own_listeners([[maybe_unused]] void **state)
{
	static const char text[] =
		"[Resolve]\nDNSStubListener=no\n"
		"DNSStubListenerExtra=127.0.0.1\nDNSStubListenerExtra=[::1]:53\n"
		"DNSStubListenerExtra=10.0.0.1\nDNSStubListenerExtra=10.0.0.2:5353\n"
		"DNSStubListenerExtra=tcp:10.0.0.3\nDNSStubListenerExtra=udp:10.0.0.4\n"
		"[Protection]\nAllowClients=10.0.0.0/8\n";
	struct snapshot snapshot;
	struct runfiles *runfiles;
	struct facts facts;

	begin_runfiles(&snapshot, &facts, text);
	runfiles = runfiles_new(&front, root);
	assert_non_null(strstr(get("resolv.conf"),
		"\n\nnameserver 10.0.0.1\nnameserver 10.0.0.4\nsearch .\n"));
	assert_non_null(strstr(get("stub-resolv.conf"),
		"\n\nnameserver 127.0.0.1\nnameserver ::1\nnameserver 10.0.0.1\n"
		"nameserver 10.0.0.4\noptions edns0"));
	end_runfiles(&snapshot, runfiles);
}

#if HAVE_NETWORKD

static struct links *watched;
static const char *expected;

static bool as_expected(void)
{
	return strcmp(domain_of(watched, 3), expected) == 0;
}

static void wait_for(struct loop *loop, const char *domain)
{
	expected = domain;
	run_until(loop, as_expected);
}

static void test_networkd_files([[maybe_unused]] void **state)
{
	struct loop *loop = loop_new();
	struct networkd *networkd;

	watched = links_new(loop);
	set(watched, 3, "other.example");
	networkd = networkd_new(loop, watched, in_root("netif/links"));
	assert_string_equal(domain_of(watched, 3), "other.example");
	/* The folder comes later, in two steps. */
	mkdir(in_root("netif"), 0755);
	mkdir(in_root("netif/links"), 0755);
	put("netif/links/3", "ADMIN_STATE=configured\nDOMAINS=one.example\n");
	wait_for(loop, "one.example");
	assert_true(links_find(watched, 3)->managed);
	assert_false(links_find(watched, 4)->managed);
	put("netif/links/3", "ADMIN_STATE=configured\nDOMAINS=two.example\n");
	wait_for(loop, "two.example");
	unlink(in_root("netif/links/3"));
	wait_for(loop, "other.example");
	assert_false(links_find(watched, 3)->managed);
	/* It goes, and another one comes. */
	rmdir(in_root("netif/links"));
	rmdir(in_root("netif"));
	run_turn(loop);
	mkdir(in_root("netif"), 0755);
	mkdir(in_root("netif/links"), 0755);
	put("netif/links/3", "ADMIN_STATE=configured\nDOMAINS=three.example\n");
	wait_for(loop, "three.example");
	networkd_free(networkd);
	links_free(watched);
	loop_free(loop);
}

/* Its file is there before the link is known. */
static void test_networkd_link_later([[maybe_unused]] void **state)
{
	struct loop *loop = loop_new();
	struct networkd *networkd;

	fake_links(THERE, 1);
	watched = links_new(loop);
	mkdir(in_root("links"), 0755);
	put("links/3", "ADMIN_STATE=configuring\nDOMAINS=one.example\n");
	networkd = networkd_new(loop, watched, in_root("links"));
	fake_links(THERE, 3);
	links_network_changed(watched);
	assert_string_equal(domain_of(watched, 3), "-");
	run_turn(loop);
	assert_string_equal(domain_of(watched, 3), "one.example");
	networkd_free(networkd);
	links_free(watched);
	loop_free(loop);
}

/* It cannot be read: what it said before holds, until it can. */
static void test_networkd_cannot([[maybe_unused]] void **state)
{
	struct loop *loop = loop_new();
	struct networkd *networkd;

	watched = links_new(loop);
	mkdir(in_root("links"), 0755);
	put("links/3", "ADMIN_STATE=configured\nDOMAINS=one.example\n");
	networkd = networkd_new(loop, watched, in_root("links"));
	unlink(in_root("links/3"));
	mkdir(in_root("links/3"), 0755);
	put("links/4", "ADMIN_STATE=configured\nDOMAINS=four.example\n");
	links_network_changed(watched);
	expected = "four.example";
	set(watched, 4, "soon.example");
	run_turn(loop);
	assert_string_equal(domain_of(watched, 4), "four.example");
	assert_string_equal(domain_of(watched, 3), "one.example");
	rmdir(in_root("links/3"));
	wait_for(loop, "-");
	networkd_free(networkd);
	links_free(watched);
	loop_free(loop);
}

#endif

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_small_files),
		FILES_TEST(test_netif_keeps),
		FILES_TEST(test_netif_cannot),
		FILES_TEST(test_resolv_conf),
		FILES_TEST(test_search),
		FILES_TEST(test_own_listeners),
#if HAVE_NETWORKD
		FILES_TEST(test_networkd_files),
		FILES_TEST(test_networkd_link_later),
		FILES_TEST(test_networkd_cannot),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
