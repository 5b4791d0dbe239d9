/*
 * What is no JSON: the page, its files, the copies of sounds, and the door.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "review/api_call.h"
#include "review/page_files.h"
#include "review/sound_copy.h"

#define COOKIE_SEC (180L * 24 * 3600)

static void
put_file(const struct api_call *call, const struct page_file *file)
{
	struct http_answer *answer = call->answer;

	answer->status = 200;
	answer->type = file->type;
	answer->body = file->bytes;
	answer->n_bytes = file->n_bytes;
	answer->etag = file->etag;
	answer->is_public = true;
}

void
api_page(const struct api_call *call)
{
	const struct page_file *file = page_files_find("index.html");

	if (file != NULL)
		put_file(call, file);
}

void
api_page_file(const struct api_call *call)
{
	const char *name = call->request->path + strlen("/page/");
	const struct page_file *file = page_files_find(name);

	if (file != NULL)
		put_file(call, file);
	else
		api_refuse(call, 404, "there is no such file");
}

/* Programs are told in JSON, people in words. */
void
api_page_stranger(const struct api_call *call)
{
	static const char page[] = "<!doctype html><html lang=\"en\"><meta "
	    "charset=\"utf-8\"><meta name=\"viewport\" content=\"width="
	    "device-width\"><title>CHAD review</title><link rel=\"stylesheet\""
	    " href=\"/page/style.css\"><main><h1>CHAD review</h1><p>This page "
	    "is for people who were invited. Open the link that you were "
	    "given; if it was the right one, it has been replaced or ended: "
	    "ask for another.</p></main></html>\n";
	struct http_answer *answer = call->answer;

	if (strcmp(call->request->path, "/") != 0) {
		api_refuse(call, 401, "nobody is signed in: open the link "
		    "that you were given");
		return;
	}
	answer->status = 401;
	answer->type = "text/html; charset=utf-8";
	answer->body = page;
	answer->n_bytes = strlen(page);
}

/* A session is the token itself, which only the browser keeps. */
static const char *
cookie(const struct api_call *call, const char *token, long age_sec)
{
	return arena_printf(call->request->a, "%s=%s; Path=/; Max-Age=%ld; "
	    "HttpOnly; SameSite=Lax%s", HTTP_REQUEST_COOKIE, token, age_sec,
	    call->request->is_tls ? "; Secure" : "");
}

void
api_page_enter(const struct api_call *call)
{
	const char *token = call->request->path + strlen("/enter/");
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct people_person person;
	bool is_found = false;
	const int status = people_find(api_desk_take(&api->door), token,
	    &person, &is_found, &err);

	api_desk_give(&api->door, &err);
	if (status != 0) {
		api_fail(call, &err);
	} else if (!is_found) {
		api_refuse(call, 401, "this link has been replaced or ended: "
		    "ask for another");
	} else {
		call->answer->status = 303;
		call->answer->location = "/";
		call->answer->set_cookie = cookie(call, token, COOKIE_SEC);
	}
}

void
api_page_leave(const struct api_call *call)
{
	struct error err = { ERROR_NONE, "" };

	api_send_or_fail(call, json_new_object(&err), &err);
	call->answer->set_cookie = cookie(call, "", 0);
}

/* The key in "/media/KEY.opus", or false. */
static bool
read_key(const char *path, char key[HASH_HEX_BYTES])
{
	const char *name = path + strlen("/media/");

	if (strspn(name, "0123456789abcdef") != HASH_HEX_BYTES - 1 ||
	    strcmp(name + HASH_HEX_BYTES - 1, ".opus") != 0)
		return false;
	memcpy(key, name, HASH_HEX_BYTES - 1);
	key[HASH_HEX_BYTES - 1] = '\0';
	return true;
}

/* Nothing but digits comes from the address, and no link is followed. */
void
api_page_copy(const struct api_call *call)
{
	struct http_answer *answer = call->answer;
	struct arena *a = call->request->a;
	struct error err = { ERROR_NONE, "" };
	char key[HASH_HEX_BYTES];
	const char *path = NULL;
	struct stat st;
	int fd = -1;

	if (read_key(call->request->path, key)) {
		path = sound_copy_path(call->api->options.cache_folder, key,
		    "opus", a, &err);
		if (path == NULL) {
			api_fail(call, &err);
			return;
		}
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
		    O_NONBLOCK);
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		api_refuse(call, 404, "there is no such sound");
		return;
	}
	answer->status = 200;
	answer->type = "audio/ogg";
	answer->fd = fd;
	answer->has_fd = true;
	answer->n_file_bytes = (uint64_t)st.st_size;
	answer->etag = arena_printf(a, "\"%.16s\"", key);
	answer->is_lasting = true;
}
