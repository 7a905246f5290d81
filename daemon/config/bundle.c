#include "config/bundle.h"

#include <stdio.h>
#include <xxhash.h>

#define BUNDLE_FORMAT    1
#define BUNDLE_FILES_MAX 4096

void bundle_deinit(struct bundle *b) {
        free(b->files);
        arena_deinit(&b->arena);
        *b = (struct bundle){ 0 };
}

static struct bundle_file *bundle_room(struct bundle *b) {
        size_t capacity = b->n < 16 ? 16 : b->n * 2;
        struct bundle_file *files;

        if (b->files && (b->n < 16 || (b->n & (b->n - 1)) != 0)) /* full only at powers of two */
                return &b->files[b->n];
        files = reallocarray(b->files, capacity, sizeof *files);
        if (!files)
                return NULL;
        b->files = files;
        return &b->files[b->n];
}

int bundle_add_text(struct bundle *b, enum bundle_role role, const char *path, struct ww_str text) {
        struct bundle_file *file;

        if (b->n == BUNDLE_FILES_MAX)
                return -E2BIG;
        file = bundle_room(b);
        if (!file)
                return -ENOMEM;
        file->role = role;
        file->path = arena_copy(&b->arena, ww_str(path));
        file->text = arena_copy(&b->arena, text);
        if (!file->path.p || !file->text.p)
                return -ENOMEM;
        b->n++;
        return 0;
}

static int compare_files(const void *pa, const void *pb) {
        const struct bundle_file *a = pa, *b = pb;

        if (a->role != b->role)
                return a->role < b->role ? -1 : 1;
        return ww_str_compare(a->path, b->path);
}

/* A file that two entries of the configuration lead to counts once. */
static void bundle_drop_doubles(struct bundle *b) {
        size_t kept = 0;

        for (size_t i = 0; i < b->n; i++)
                if (kept == 0 || compare_files(&b->files[kept - 1], &b->files[i]) != 0)
                        b->files[kept++] = b->files[i];
        b->n = kept;
}

static void bundle_hash(struct bundle *b, struct ww_str bytes) {
        XXH128_canonical_t canonical;

        XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.p, bytes.n));
        for (size_t i = 0; i < sizeof canonical.digest; i++)
                (void)snprintf(b->hash + 2 * i, 3, "%02x", canonical.digest[i]);
}

int bundle_seal(struct bundle *b) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        int r;

        if (b->n)
                qsort(b->files, b->n, sizeof *b->files, compare_files);
        bundle_drop_doubles(b);
        r = bundle_encode(b, &bytes);
        if (r < 0)
                return r;
        bundle_hash(b, buf_str(&bytes));
        return 0;
}

int bundle_encode(const struct bundle *b, struct buf *out) {
        buf_put_u8(out, BUNDLE_FORMAT);
        buf_put_var(out, b->n);
        for (size_t i = 0; i < b->n; i++) {
                buf_put_u8(out, (uint8_t)b->files[i].role);
                buf_put_str(out, b->files[i].path);
                buf_put_str(out, b->files[i].text);
        }
        return out->error;
}

/* One file of an encoding: the role must be known, the order strict. */
static int bundle_decode_file(struct bundle *b, struct rd *in) {
        uint8_t role = rd_u8(in);
        struct ww_str path = rd_str(in), text = rd_str(in), path_z;
        int r;

        if (in->failed || role < BUNDLE_SENSORS || role > BUNDLE_RECORDS || path.n == 0 || memchr(path.p, '\0', path.n))
                return -EBADMSG;
        path_z = arena_copy(&b->arena, path);
        if (!path_z.p)
                return -ENOMEM;
        r = bundle_add_text(b, (enum bundle_role)role, path_z.p, text);
        if (r == -E2BIG)
                return -EBADMSG;
        if (r == 0 && b->n > 1 && compare_files(&b->files[b->n - 2], &b->files[b->n - 1]) >= 0)
                return -EBADMSG;
        return r;
}

/* A length may be written in more bytes than it needs: such an encoding is not ours, and its hash would differ. */
static int bundle_check_canonical(const struct bundle *b, struct ww_str bytes) {
        _cleanup_buf_ struct buf again = BUF_INIT;
        int r = bundle_encode(b, &again);

        if (r < 0)
                return r;
        return ww_str_equal(buf_str(&again), bytes) ? 0 : -EBADMSG;
}

int bundle_decode(struct ww_str bytes, struct bundle *ret) {
        _cleanup_bundle_ struct bundle b = { 0 };
        struct rd in = rd_init(bytes);
        uint64_t n;
        int r = 0;

        if (rd_u8(&in) != BUNDLE_FORMAT)
                return -EBADMSG;
        n = rd_var(&in);
        for (uint64_t i = 0; r == 0 && i < n; i++)
                r = bundle_decode_file(&b, &in);
        if (r < 0)
                return r;
        if (in.failed || rd_left(&in))
                return -EBADMSG;
        r = bundle_check_canonical(&b, bytes);
        if (r < 0)
                return r;
        bundle_hash(&b, bytes);
        *ret = b;
        b = (struct bundle){ 0 };
        return 0;
}

struct ww_str bundle_source(void *userdata, struct ww_str file) {
        const struct bundle *b = userdata;

        for (size_t i = 0; i < b->n; i++)
                if (ww_str_equal(b->files[i].path, file))
                        return b->files[i].text;
        return WW_STR_NONE;
}
