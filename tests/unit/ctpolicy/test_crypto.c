/* SPDX-License-Identifier: MIT */
#include "ctpolicy/crypto.h"
#include "tests/unit/ctpolicy/files.h"
#include <gnutls/abstract.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ECDSA = 3, RSA = 1, DSA = 2, SHA1 = 2, SHA256 = 4, SHA384 = 5 };

static const struct {
	const char *name, *spki;
	uint8_t algorithm; /* 0: no log may have such a key */
} keys[] = {
	{"EC P-256",
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2FxhT6xq0iCATopC9gStS9SxHHmOKTLeaVNZ66148"
		"8Aq8tARXQV+6+jB0983v5FkRm4OJxPqu29GJ1iG70Ahow==",
		ECDSA},
	{"EC P-384",
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEbMN3fUiAptKHtYgNHtGKSNVqZBplUp5i7D2zQyoouExHJ"
		"oMwUIznHiwBKmZrGcHn4v04vCGLHShA7lWpVdb3m2KoXjJ4g1v/STBkQFnMfgAlqp77kB1r4plipG"
		"FVqvZE",
		0},
	{"EC secp256k1",
		"MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEyaSdL/IsAbC9ytlfRYUVaFpxxLPjZ/GgH5BLTAmW+z74t"
		"ZvXVb5CLTH5/SU9nJn4e2kclchD8K3joEqqxWOngg==",
		0},
	{"Ed25519", "MCowBQYDK2VwAyEABI6O15lNHkPTqaozOEKdETIv5p5kIGAc28LJ78dOPLQ=", 0},
	{"RSA of 1024 bits",
		"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBQjXNJabzzZKQ52UznNeT8wWsL8Z2i2DUjRGJq"
		"CFYHlH8QEr8lliKepHcVyzgc1xHk9c0y/hi21ARcchllDL1VG8XGZNWe39JaM8Z0F7FDYlacFktKF"
		"WPOVRMTD6Uy90pREtej7fzHxtfEdUNnYioi71Up8Hr3sD8OnH5t590GQIDAQAB",
		0},
	{"RSA of 2047 bits",
		"MIIBITANBgkqhkiG9w0BAQEFAAOCAQ4AMIIBCQKCAQBvRCXFScWBKgUPgb6g7WoqpjM8v+0mORLie"
		"HHRh8m73D4c5mgaDIFeJiav3srJKluue/Z4sCxC2fs74XNjvcZFQPYbWBtXhKvm19nHi/VtM//3Z8"
		"RP/N3cW8aop43V3+uCs5/ECMoA8CUhkNXoQhE068jHj8DFLaUP9zkVIXFo+dN3IR5Z8VIa9kSKDKL"
		"Hgaa74W/93517QoD9MKZNzJd5jrG6M393LGquOqvVwGvfQZR4pIwLB+hD+QL8QsctUCBs0lmgkIIu"
		"kE+MtoMW9aZVm8T+yVnCBI0T9zHnNrw40X6RAFAqxr0K/lQWxPUCgMfuNApdU5vrHKbdTErNNyADA"
		"gMBAAE=",
		0},
	{"RSA of 2048 bits",
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyU0rxoHW+MISOWEI3XDAkXzAbYBZu4BTl"
		"1N+LylPOfjfsNI6lVKVp4UTWqCHT7qjwZV2bq/da3xfEKJ8DqaXagQhdUOjl89y2oWC+RPp1+9Vsg"
		"I9TR7BSHGVQ99brvk505tJJ9pz2ZPItHad4tooi9d28ko3sX7Yb6EB1bEcx9qXxCokHC8oXyCQCkE"
		"INIJyXaxeuMCvXeYlEzb9iEii3C3nvF8zf4vB/CjO/0nYBE7Awz4YbVTRBTVxdvNJs+xBJrJvgG9E"
		"8bB//HiLTCx/dc1qKmETRLwHTAUYpZYgUG8TkFucxBMuO8kCZt3as1WOtHxONTFChLaBSljcqzMts"
		"QIDAQAB",
		RSA},
	{"no key at all", "MAA=", 0},
};

static void test_keys([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct log_key *key = NULL;
		uint8_t spki[512];
		size_t size;
		enum ct_err err;

		assert_int_equal(
			ctp_base64_decode(keys[i].spki, spki, sizeof spki, &size), CT_OK);
		err = ctp_log_key_new((struct ct_bytes){spki, size}, &key);
		if (err != (keys[i].algorithm != 0 ? CT_OK : CT_E_MALFORMED))
			fail_msg("%s", keys[i].name);
		for (uint8_t algorithm = 0; key != NULL && algorithm < 9; algorithm++) {
			assert_false(ctp_log_key_signs_with(key, SHA1, algorithm));
			assert_false(ctp_log_key_signs_with(key, SHA384, algorithm));
			assert_int_equal(ctp_log_key_signs_with(key, SHA256, algorithm),
				algorithm == keys[i].algorithm);
		}
		ctp_log_key_free(key);
	}
	ctp_log_key_free(NULL);
}

static void test_base64([[maybe_unused]] void **state)
{
	uint8_t out[4] = "abc";
	size_t size = 99;

	assert_int_equal(ctp_base64_decode("AQID", out, 3, &size), CT_OK);
	assert_int_equal(size, 3);
	assert_memory_equal(out, "\1\2\3", 4); /* and not a byte more */
	assert_int_equal(ctp_base64_decode("BAUGBw==", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("!!!!", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(ctp_base64_decode("AQ", out, 3, &size), CT_E_MALFORMED);
	assert_int_equal(size, 3);
	assert_memory_equal(out, "\1\2\3", 4);
}

/* FIPS 180-4's "abc". */
static void test_sha256([[maybe_unused]] void **state)
{
	static const uint8_t wanted[SHA256_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
		0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3,
		0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	uint8_t hash[SHA256_SIZE];

	assert_int_equal(ctp_sha256((struct ct_bytes){(const uint8_t *)"abc", 3}, hash), CT_OK);
	assert_memory_equal(hash, wanted, sizeof hash);
}

/* GnuTLS counts bytes in an unsigned: what has 2^32 more must not be taken for what was signed.
 */
static void test_signature_over_all_of_it([[maybe_unused]] void **state)
{
	static const uint8_t text[] = "the list and more";
	gnutls_datum_t data = {(unsigned char *)(uintptr_t)text, 8}, made = {0}, pem = {0};
	struct ct_bytes list = {text, 8}, more = {text, (size_t)(8 + (UINT64_C(1) << 32))};
	gnutls_privkey_t private_key;
	gnutls_pubkey_t public_key;
	struct ct_bytes key, signature;

	assert_int_equal(gnutls_privkey_init(&private_key), 0);
	assert_int_equal(gnutls_pubkey_init(&public_key), 0);
	assert_int_equal(gnutls_privkey_generate(private_key, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_pubkey_import_privkey(public_key, private_key, 0, 0), 0);
	assert_int_equal(gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(gnutls_privkey_sign_data2(
				 private_key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &made),
		0);
	key = (struct ct_bytes){pem.data, pem.size};
	signature = (struct ct_bytes){made.data, made.size};
	assert_int_equal(ct_signature_verify(list, signature, key, NULL), CT_OK);
	list.size++;
	assert_int_equal(ct_signature_verify(list, signature, key, NULL), CT_E_MALFORMED);
	if (sizeof more.size > sizeof(uint32_t))
		assert_int_equal(
			ct_signature_verify(more, signature, key, NULL), CT_E_MALFORMED);
	gnutls_free(made.data);
	gnutls_free(pem.data);
	gnutls_pubkey_deinit(public_key);
	gnutls_privkey_deinit(private_key);
}

static const char NO_KEY[] = "the key is not a public key in PEM";
static const char NO_KIND[] =
	"the key is neither RSA of 2048 bits, EC P-256 or P-384, nor Ed25519";
static const char NOT_SIGNED[] = "the signature does not verify with this key";

/* why: NULL: it verifies. */
static void expect_signature(const char *name, struct ct_bytes data, struct ct_bytes signature,
	struct ct_bytes key, const char *why)
{
	struct ct_error error = {"untouched"};
	enum ct_err err = ct_signature_verify(data, signature, key, &error);

	if (err != (why == NULL ? CT_OK : CT_E_MALFORMED) ||
		strcmp(error.text, why == NULL ? "untouched" : why) != 0)
		fail_msg("%s: %d, %s", name, (int)err, error.text);
	assert_int_equal(ct_signature_verify(data, signature, key, NULL), err);
}

/* Signatures by keys of each kind (tests/data/ctpolicy, make-channels). */
static void test_signature_kinds([[maybe_unused]] void **state)
{
	static const struct {
		const char *signature, *key;
		const char *why; /* NULL: it verifies */
	} kinds[] = {
		{"signer-rsa2048.sig", "signer-rsa2048.pem", NULL},
		{"signer-rsa4096.sig", "signer-rsa4096.pem", NULL},
		{"signer-p256.sig", "signer-p256.pem", NULL},
		{"signer-p384.sig", "signer-p384.pem", NULL},
		{"signer-ed25519.sig", "signer-ed25519.pem", NULL},
		{"signer-rsa1024.sig", "signer-rsa1024.pem", NO_KIND},
		{"signer-p521.sig", "signer-p521.pem", NO_KIND},
		/* By the right key, with another hash or padding. */
		{"signer-rsa2048-sha1.sig", "signer-rsa2048.pem", NOT_SIGNED},
		{"signer-rsa2048-sha384.sig", "signer-rsa2048.pem", NOT_SIGNED},
		{"signer-rsa2048-pss.sig", "signer-rsa2048.pem", NOT_SIGNED},
		{"signer-p384-sha256.sig", "signer-p384.pem", NOT_SIGNED},
		/* By another key. */
		{"signer-rsa4096.sig", "signer-rsa2048.pem", NOT_SIGNED},
		{"signer-p384.sig", "signer-p256.pem", NOT_SIGNED},
		{"signer-p256.sig", "signer-ed25519.pem", NOT_SIGNED},
		{"signer-ed25519.sig", "signer-rsa4096.pem", NOT_SIGNED},
		/* The certificate that has the key is not the key. */
		{"signer-p256.sig", "channels.pem", NO_KEY},
	};
	struct ct_bytes data = file_read(DATA, "channels_log_list.json");

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct ct_bytes signature = file_read(DATA, kinds[i].signature);
		struct ct_bytes key = file_read(DATA, kinds[i].key);

		expect_signature(kinds[i].signature, data, signature, key, kinds[i].why);
		file_free(signature);
		file_free(key);
	}
	file_free(data);
}

/* A signature holds for these bytes, whole; no other byte of it, of them or of the key will do.
 */
static void test_signature_changed([[maybe_unused]] void **state)
{
	static const char *const names[] = {"rsa4096", "p256", "p384", "ed25519"};
	struct ct_bytes data = file_read(DATA, "channels_log_list.json");
	uint8_t *text = (uint8_t *)(uintptr_t)data.data;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ct_bytes key, signature;
		char file[64];
		uint8_t *bytes;

		snprintf(file, sizeof file, "signer-%s.pem", names[i]);
		key = file_read(DATA, file);
		snprintf(file, sizeof file, "signer-%s.sig", names[i]);
		signature = file_read(DATA, file);
		bytes = (uint8_t *)(uintptr_t)signature.data;

		expect_signature(names[i], data, signature, key, NULL);
		text[data.size / 2] ^= 1;
		expect_signature(names[i], data, signature, key, NOT_SIGNED);
		text[data.size / 2] ^= 1;
		bytes[signature.size - 1] ^= 1;
		expect_signature(names[i], data, signature, key, NOT_SIGNED);
		bytes[signature.size - 1] ^= 1;

		expect_signature(names[i], (struct ct_bytes){data.data, data.size - 1},
			signature, key, NOT_SIGNED);
		expect_signature(names[i], data,
			(struct ct_bytes){signature.data, signature.size - 1}, key, NOT_SIGNED);
		expect_signature(
			names[i], data, (struct ct_bytes){signature.data, 0}, key, NOT_SIGNED);
		expect_signature(names[i], data, (struct ct_bytes){0}, key, NOT_SIGNED);
		expect_signature(names[i], (struct ct_bytes){0}, signature, key, NOT_SIGNED);
		expect_signature(names[i], data, signature,
			(struct ct_bytes){key.data, key.size / 2}, NO_KEY);
		expect_signature(names[i], data, signature, (struct ct_bytes){0}, NO_KEY);
		expect_signature(names[i], data, signature, data, NO_KEY);
		file_free(signature);
		file_free(key);
	}
	file_free(data);
}

/* Log lists as they were published, with the signatures that were published with them. */
static void test_signature_of_real_lists([[maybe_unused]] void **state)
{
	static const char *const lists[] = {
		"loglists/google-log_list-80.14-2026-01-02",
		"loglists/google-log_list-12.6-2022-09-20",
	};
	const char *folder = getenv("CTRESOLVED_REAL_DATA");
	struct ct_bytes key, json[2], signatures[2];

	if (folder == NULL)
		skip();
	key = file_read(folder, "loglists/google-log_list_pubkey.pem");
	for (size_t i = 0; i < 2; i++) {
		char file[64];

		snprintf(file, sizeof file, "%s.json", lists[i]);
		json[i] = file_read(folder, file);
		snprintf(file, sizeof file, "%s.sig", lists[i]);
		signatures[i] = file_read(folder, file);
		assert_int_equal(signatures[i].size, 512); /* RSA of 4096 bits */
	}
	for (size_t i = 0; i < 2; i++) {
		expect_signature(lists[i], json[i], signatures[i], key, NULL);
		expect_signature(lists[i], json[i], signatures[1 - i], key, NOT_SIGNED);
		((uint8_t *)(uintptr_t)json[i].data)[json[i].size - 1] ^= 1;
		expect_signature(lists[i], json[i], signatures[i], key, NOT_SIGNED);
	}
	for (size_t i = 0; i < 2; i++) {
		file_free(json[i]);
		file_free(signatures[i]);
	}
	file_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_signature_over_all_of_it),
		cmocka_unit_test(test_signature_kinds),
		cmocka_unit_test(test_signature_changed),
		cmocka_unit_test(test_signature_of_real_lists),
	};

	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
