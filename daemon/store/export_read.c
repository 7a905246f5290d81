/* An export as the source of segments and rows. */
#include "store/export.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the file --- */

int export_reader_open(struct export_reader *r, const char *path) {
        _cleanup_(cleanup_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        void *p;

        *r = (struct export_reader){ 0 };
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (size_t)st.st_size < strlen(EXPORT_BEGINS))
                return EXPORT_E_OTHER;
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
                return -errno;
        r->bytes = p;
        r->size = (size_t)st.st_size;
        r->at = strlen(EXPORT_BEGINS);
        if (memcmp(p, EXPORT_BEGINS, r->at) != 0)
                return EXPORT_E_OTHER;
        (void)crypto_generichash_blake2b_init(&r->hash, NULL, 0, PROOF_HASH);
        (void)crypto_generichash_blake2b_update(&r->hash, p, r->at);
        export_next(r);
        return 0;
}

void export_reader_close(struct export_reader *r) {
        if (r->bytes)
                (void)munmap((void *)(uintptr_t)r->bytes, r->size);
        *r = (struct export_reader){ 0 };
}

/* --- frames --- */

static void end_check(struct export_reader *r) {
        uint8_t digest[PROOF_HASH];
        uint64_t frames;

        (void)crypto_generichash_blake2b_final(&r->hash, digest, sizeof digest);
        if (r->body.n != sizeof frames + sizeof digest || r->at != r->size)
                return;
        memcpy(&frames, r->body.p, sizeof frames);
        r->ended = be64toh(frames) == r->frames && memcmp(r->body.p + sizeof frames, digest, sizeof digest) == 0;
}

void export_next(struct export_reader *r) {
        const char *p = r->bytes + r->at;
        uint32_t n;

        r->kind = 0;
        if (r->size - r->at < EXPORT_HEAD)
                return;
        memcpy(&n, p + 1, sizeof n);
        n = be32toh(n);
        if (r->size - r->at - EXPORT_HEAD < n)
                return;
        r->kind = (enum export_frame)p[0];
        r->body = (struct ww_str){ p + EXPORT_HEAD, n };
        r->at += EXPORT_HEAD + (size_t)n;
        if (r->kind == EXPORT_END) {
                end_check(r);
                return;
        }
        (void)crypto_generichash_blake2b_update(&r->hash, (const uint8_t *)p, EXPORT_HEAD + (size_t)n);
        r->frames++;
}

/* --- as a source --- */

static int window_read(struct export_reader *r, struct verify_window *ret) {
        int e = 0;

        for (; r->kind != 0 && r->kind != EXPORT_END && r->kind != EXPORT_SEGMENT; export_next(r))
                r->stray++;
        for (; r->kind == EXPORT_SEGMENT && (e = verify_window_segment(ret, r->body)) == 0; export_next(r))
                ;
        for (; !e && r->kind == EXPORT_PART && (e = verify_window_part(ret, r->layouts, r->body)) == 0; export_next(r))
                ;
        return e;
}

/* A frame that cannot be read is not there, and the chain tells that. */
static int source_window(void *userdata, struct verify_window *ret) {
        struct export_reader *r = userdata;
        int e;

        while ((e = window_read(r, ret)) == -EBADMSG) {
                r->stray++;
                export_next(r);
        }
        return e;
}

static bool is_table(struct ww_str body, const char *relation) {
        json_t *o = json_loadb(body.p, body.n, 0, NULL);
        const char *name = json_string_value(json_object_get(o, "relation"));
        bool is = name && strcmp(name, relation) == 0;

        json_decref(o);
        return is;
}

static int source_rows(void *userdata, const struct proof_layout *layout, uint64_t first, uint64_t last) {
        struct export_reader *r = userdata;

        (void)first;
        (void)last;
        while (r->kind == EXPORT_ROW) { /* of a table that could not be read to its end */
                r->stray++;
                export_next(r);
        }
        if (r->kind == EXPORT_TABLE && is_table(r->body, layout->relation))
                export_next(r);
        return 0;
}

static int source_row(void *userdata, struct ww_str *ret) {
        struct export_reader *r = userdata;

        *ret = WW_STR_NONE;
        if (r->kind == EXPORT_ROW) {
                *ret = r->body;
                export_next(r);
        }
        return 0;
}

static const char *source_error(void *userdata) {
        (void)userdata;
        return "its rows are no rows";
}

struct verify_source export_source(struct export_reader *r, const struct verify_layouts *layouts) {
        r->layouts = layouts;
        return (struct verify_source){
                .userdata = r, .window = source_window, .rows = source_rows, .row = source_row, .error = source_error
        };
}
