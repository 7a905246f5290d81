/*
 * The files that browsers get: read once at the start, and held. Names with a hash in them (app-3f9c2a1b.js) never
 * change and are kept by browsers for a year; the others are asked for each time and answered with 304 by their ETag.
 * Beside a file may lie its FILE.gz and FILE.br, made at build time. A path that is no file is the page itself: its
 * screens have addresses of their own.
 */
#include "console/console_internal.h"

#include "base/log.h"

#include <dirent.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 2000
#define BYTES_MAX ((size_t)64 * 1024 * 1024)
#define DEPTH_MAX 8

struct page {
        char *path; /* "/assets/app.js" */
        char *bytes;
        size_t n;
        char etag[36];
};

struct pages {
        struct page *files;
        size_t n, bytes;
};

static const struct {
        const char *ending, *type;
} types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".ogg", "audio/ogg" },
        { ".wav", "audio/wav" },
        { ".mp3", "audio/mpeg" },
        { ".webmanifest", "application/manifest+json" },
        { ".txt", "text/plain; charset=utf-8" },
};

static bool ends_with(const char *text, const char *ending) {
        size_t n = strlen(text), m = strlen(ending);

        return n > m && strcmp(text + n - m, ending) == 0;
}

static const char *type_of(const char *path) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
                if (ends_with(path, types[i].ending))
                        return types[i].type;
        return "application/octet-stream";
}

/* --- reading --- */

static int take(struct pages *p, int dir_fd, const char *name, const char *path, size_t size) {
        _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        struct page *files = realloc(p->files, (p->n + 1) * sizeof *files), *f;
        uint8_t hash[16];
        size_t done = 0;

        if (files)
                p->files = files;
        if (fd < 0 || !files || p->n >= FILES_MAX || p->bytes + size > BYTES_MAX)
                return fd < 0 ? -errno : -EFBIG;
        f = &p->files[p->n];
        *f = (struct page){ .path = strdup(path), .bytes = malloc(size ? size : 1), .n = size };
        while (f->bytes && done < size) {
                ssize_t r = read(fd, f->bytes + done, size - done);

                if (r <= 0)
                        break;
                done += (size_t)r;
        }
        if (!f->path || !f->bytes || done != size) {
                free(f->path);
                free(f->bytes);
                return -EIO;
        }
        (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)f->bytes, size, NULL, 0);
        f->etag[0] = '"';
        sodium_bin2hex(f->etag + 1, sizeof f->etag - 1, hash, sizeof hash);
        (void)strcat(f->etag, "\"");
        p->n++;
        p->bytes += size;
        return 0;
}

static int walk(struct pages *p, int dir_fd, const char *prefix, int depth) {
        DIR *dir = fdopendir(dir_fd);
        const struct dirent *entry;
        int r = 0;

        if (!dir) {
                (void)close(dir_fd);
                return -errno;
        }
        while (!r && (entry = readdir(dir))) {
                char path[1024];
                struct stat st;

                if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                    (size_t)snprintf(path, sizeof path, "%s/%s", prefix, entry->d_name) >= sizeof path)
                        continue;
                if (S_ISREG(st.st_mode))
                        r = take(p, dirfd(dir), entry->d_name, path, (size_t)st.st_size);
                else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
                        r = walk(p, openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path,
                                 depth + 1);
        }
        (void)closedir(dir);
        return r;
}

int pages_new(struct pages **ret, const char *folder) {
        struct pages *p = calloc(1, sizeof *p);
        int fd, r;

        if (!p)
                return -ENOMEM;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = fd < 0 ? -errno : walk(p, fd, "", 0);
        if (r)
                log_warning("console-pages", folder, "the pages cannot be read: %s; the interface works without them",
                            strerror(-r));
        *ret = p;
        return 0;
}

struct pages *pages_free(struct pages *p) {
        for (size_t i = 0; p && i < p->n; i++) {
                free(p->files[i].path);
                free(p->files[i].bytes);
        }
        if (p)
                free(p->files);
        free(p);
        return NULL;
}

/* --- answering --- */

static const struct page *find(const struct pages *p, const char *path) {
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->files[i].path, path) == 0)
                        return &p->files[i];
        return NULL;
}

static const struct page *packed(const struct pages *p, const struct page *f, const char *ending) {
        char path[1032];

        (void)snprintf(path, sizeof path, "%s%s", f->path, ending);
        return find(p, path);
}

/* A hash of at least eight before the ending: app-3f9c2a1b.js, app.3F9C2A1B.css. */
static bool unchanging(const char *path) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
        const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.'), *p = dot;

        while (p && p > name && strchr(letters, p[-1]))
                p--;
        return dot && p > name && (p[-1] == '-' || p[-1] == '.') && dot - p >= 8;
}

static bool accepts(struct evhttp_request *request, const char *encoding) {
        const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept-Encoding");

        return value && strstr(value, encoding);
}

static void send_page(struct console *c, struct evhttp_request *request, const struct page *f) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
        const struct page *br = packed(c->pages, f, ".br"), *gz = packed(c->pages, f, ".gz");
        const struct page *body = br && accepts(request, "br") ? br : gz && accepts(request, "gzip") ? gz : f;
        const char *known = evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match");
        bool same = known && strcmp(known, f->etag) == 0;
        struct evbuffer *b = same ? NULL : evbuffer_new();

        answer_headers(c, request, false);
        (void)evhttp_add_header(headers, "Content-Type", type_of(f->path));
        (void)evhttp_add_header(headers, "ETag", f->etag);
        (void)evhttp_add_header(headers, "Vary", "Accept-Encoding");
        (void)evhttp_add_header(headers, "Cache-Control",
                                unchanging(f->path) ? "public, max-age=31536000, immutable" : "no-cache");
        if (body != f)
                (void)evhttp_add_header(headers, "Content-Encoding", body == br ? "br" : "gzip");
        if (b)
                (void)evbuffer_add_reference(b, body->bytes, body->n, NULL, NULL);
        c->answered[same ? 3 : 2]++;
        evhttp_send_reply(request, same ? 304 : 200, same ? "Not Modified" : "OK", b);
        if (b)
                evbuffer_free(b);
}

/* Without pages there is still something to see. */
static void send_nothing(struct console *c, struct evhttp_request *request) {
        static const char text[] =
                "<!doctype html><title>Wardwatch</title><p>The pages of the console are not installed. "
                "The interface is at <a href=\"/api/v1/openapi.yaml\">/api/v1</a>.\n";
        struct evbuffer *b = evbuffer_new();

        answer_headers(c, request, true);
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", types[0].type);
        if (b)
                (void)evbuffer_add_reference(b, text, sizeof text - 1, NULL, NULL);
        c->answered[2]++;
        evhttp_send_reply(request, 200, "OK", b);
        if (b)
                evbuffer_free(b);
}

void pages_answer(struct console *c, struct evhttp_request *request, const char *path) {
        const struct page *f = find(c->pages, strcmp(path, "/") == 0 ? "/index.html" : path);
        const char *name = strrchr(path, '/');

        if (!f && name && !strchr(name, '.'))
                f = find(c->pages, "/index.html");
        if (f)
                send_page(c, request, f);
        else if (strcmp(path, "/") == 0)
                send_nothing(c, request);
        else
                answer_plain(c, request, 404, "unknown", "there is no such page", "begin at /");
}
