/* SPDX-License-Identifier: MIT */
#include "resolver/lists.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4 * 1024 * 1024, PATH_SIZE = PATH_MAX + 8, PAIR_TRIES = 3 };

static void close_file(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

/* The whole file, to be freed; NULL: `why` says why not. */
static uint8_t *read_file(const char *path, size_t *ret_size, char *why, size_t size)
{
	[[gnu::cleanup(close_file)]] FILE *file = fopen(path, "rbe");
	uint8_t *bytes = file != NULL ? malloc(FILE_SIZE_MAX) : NULL;
	size_t n = bytes != NULL ? fread(bytes, 1, FILE_SIZE_MAX, file) : 0;

	if (bytes != NULL && !ferror(file) && n < FILE_SIZE_MAX) {
		*ret_size = n;
		return bytes;
	}
	snprintf(why, size, "%s: %s", path,
		n == FILE_SIZE_MAX ? "larger than 4 MiB" : strerror(errno));
	free(bytes);
	return NULL;
}

void list_close(struct list_file *file)
{
	ct_log_list_free(file->list);
	free(file->json);
	free(file->signature);
	*file = (struct list_file){0};
}

/* Is the list what its signature says? */
static bool verify(
	const struct list_file *file, const struct list_paths *paths, char *why, size_t size)
{
	struct ct_error error = {"out of memory"};
	size_t key_size = 0;
	uint8_t *key = read_file(paths->key, &key_size, why, size);
	bool good = key != NULL &&
		    ct_signature_verify((struct ct_bytes){file->json, file->json_size},
			    (struct ct_bytes){file->signature, file->signature_size},
			    (struct ct_bytes){key, key_size}, &error) == CT_OK;

	if (key != NULL && !good)
		snprintf(why, size, "%s: %s", paths->signature, error.text);
	free(key);
	return good;
}

static bool parse(struct list_file *file, const char *path, char *why, size_t size)
{
	struct ct_error error = {0};
	enum ct_err err = ct_log_list_parse(
		(struct ct_bytes){file->json, file->json_size}, &file->list, &error);

	if (err != CT_OK)
		snprintf(why, size, "%s: %s", path,
			err == CT_E_NOMEM ? "out of memory" : error.text);
	return err == CT_OK;
}

static bool beside(const char *path, char new[PATH_SIZE])
{
	int n = snprintf(new, PATH_SIZE, "%s.new", path);

	return n > 0 && n < PATH_SIZE;
}

/* Where a symbolic link leads: it stays, and what it names is replaced. */
static const char *behind_link(const char *path, char real[PATH_MAX])
{
	return path != NULL && realpath(path, real) != NULL ? real : path;
}

/* The list that was not put in its place any more. */
static bool take_unfinished(struct list_file *file, const struct list_paths *paths)
{
	char new[PATH_SIZE], real[PATH_MAX], unwanted[1];
	struct list_file other = *file;

	if (!beside(behind_link(paths->list, real), new))
		return false;
	other.json = read_file(new, &other.json_size, unwanted, sizeof unwanted);
	if (other.json == NULL || !verify(&other, paths, unwanted, sizeof unwanted)) {
		free(other.json);
		return false;
	}
	free(file->json);
	*file = other;
	return true;
}

/* Signature and list that belong together: those in their places, or the list that did not come
 * to its place any more. The signature is read first, for it is replaced first. */
static bool open_pair(
	const struct list_paths *paths, struct list_file *file, char *why, size_t size)
{
	file->signature = read_file(paths->signature, &file->signature_size, why, size);
	if (file->signature == NULL)
		return false;
	file->json = read_file(paths->list, &file->json_size, why, size);
	if (file->json != NULL && verify(file, paths, why, size))
		return true;
	file->unfinished = take_unfinished(file, paths);
	return file->unfinished;
}

bool list_open(const struct list_paths *paths, struct list_file *ret, char *why, size_t size)
{
	struct list_file file = {0};
	bool good = false;

	if (paths->signature == NULL) {
		file.json = read_file(paths->list, &file.json_size, why, size);
		good = file.json != NULL;
	}
	/* Somebody may be replacing both just between our two looks. */
	for (int i = 0; paths->signature != NULL && !good && i < PAIR_TRIES; i++) {
		list_close(&file);
		good = open_pair(paths, &file, why, size);
	}
	good = good && parse(&file, paths->list, why, size);
	if (good)
		*ret = file;
	else
		list_close(&file);
	return good;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* PATH.new, whole and on the disk. */
static bool write_new(const char *path, const uint8_t *bytes, size_t size)
{
	char new[PATH_SIZE];
	bool good;
	int fd;

	if (!beside(path, new)) {
		errno = ENAMETOOLONG;
		return false;
	}
	unlink(new); /* of an installation that was cut short */
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return false;
	good = write_all(fd, bytes, size) && fchmod(fd, 0644) == 0;
	good = close(fd) == 0 && good;
	return good;
}

static void remove_new(const char *path)
{
	char new[PATH_SIZE];
	int error = errno;

	if (path != NULL && beside(path, new))
		unlink(new);
	errno = error;
}

/* That what was renamed is so after a power failure, too. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_SIZE];
	int fd;

	snprintf(folder, sizeof folder, "%.*s/", slash != NULL ? (int)(slash - path) : 1,
		slash != NULL ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!fsync(fd);
	close(fd);
}

static bool put_in_place(const char *path)
{
	char new[PATH_SIZE];

	return beside(path, new) && rename(new, path) == 0;
}

bool list_finish(const struct list_paths *paths, char *why, size_t size)
{
	char real[PATH_MAX];
	const char *list = behind_link(paths->list, real);

	if (!put_in_place(list)) {
		snprintf(why, size, "%s: %s", list, strerror(errno));
		return false;
	}
	sync_folder(list);
	return true;
}

bool list_install(
	const struct list_file *file, const struct list_paths *paths, char *why, size_t size)
{
	char real_list[PATH_MAX], real_signature[PATH_MAX];
	const char *list = behind_link(paths->list, real_list);
	const char *signature = behind_link(paths->signature, real_signature);
	bool begun = false, good = write_new(list, file->json, file->json_size);

	if (signature != NULL) {
		good = good && write_new(signature, file->signature, file->signature_size);
		good = begun = good && put_in_place(signature);
		if (begun)
			sync_folder(signature);
	}
	if (good && put_in_place(list)) {
		sync_folder(list);
		return true;
	}
	snprintf(why, size, "%s: %s", list, strerror(errno));
	/* Of half a pair the other half must stay: list_open() takes it. */
	if (!begun) {
		remove_new(list);
		remove_new(signature);
	}
	return false;
}
