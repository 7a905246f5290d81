/*
 * A reload's record says which inputs primed it; by then they have passed. So a replay that follows the recording's
 * rules writes down what it was fed with and what came of it, as records, in a file without a name. What is older than
 * `keep`, which the engine's journal did not reach beyond either, is given back to the disk.
 *
 *     spool:   [u32 length, u8 output, u64 seq, u32 n, record] …         marks: where the inputs of each MARK begin
 */
#include "command/replay_side.h"

#include <fcntl.h>
#include <unistd.h>

#define MARK        1000              /* inputs between two marks */
#define WRITE_BYTES (1024 * 1024)     /* kept back before they are written */
#define READ_BYTES  ((size_t)1 << 20) /* of one batch for the priming, at least a record */
#define HEAD        17

struct mark {
        uint64_t seq, offset;
        int64_t time;
};

struct replay_spool {
        int fd;
        int64_t keep;
        uint64_t written; /* bytes in the file */
        struct buf buf;   /* behind them */
        struct buf record;
        struct mark *marks;
        size_t n_marks, capacity;
        uint64_t inputs;
};

/* without a name: it is gone with the process, whatever ends that */
static int file_open(void) {
        const char *dir = getenv("TMPDIR");
        int fd = open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

        return fd < 0 ? -errno : fd;
}

int replay_spool_new(struct replay_spool **ret, int64_t keep) {
        struct replay_spool *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->keep = keep;
        s->fd = file_open();
        if (s->fd < 0) {
                int r = s->fd;

                free(s);
                return r;
        }
        *ret = s;
        return 0;
}

struct replay_spool *replay_spool_free(struct replay_spool *s) {
        if (!s)
                return NULL;
        (void)close(s->fd);
        buf_deinit(&s->buf);
        buf_deinit(&s->record);
        free(s->marks);
        free(s);
        return NULL;
}

/* ---- written ---- */

static int spool_flush(struct replay_spool *s) {
        for (size_t done = 0; done < s->buf.n;) {
                ssize_t n = pwrite(s->fd, s->buf.p + done, s->buf.n - done, (off_t)(s->written + done));

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        s->written += s->buf.n;
        buf_reset(&s->buf);
        return 0;
}

/* The disk gets back what no reload can ask for; where it cannot, the file only stays longer. */
static void spool_trim(struct replay_spool *s, int64_t now) {
        size_t old = 0;

        while (old + 1 < s->n_marks && s->marks[old + 1].time < now - s->keep)
                old++;
        if (!old || old < s->n_marks / 2)
                return;
        (void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)s->marks[old].offset);
        s->n_marks -= old;
        memmove(s->marks, s->marks + old, s->n_marks * sizeof *s->marks);
}

static int spool_mark(struct replay_spool *s, const struct ww_input *input) {
        if (s->inputs++ % MARK)
                return 0;
        spool_trim(s, input->time);
        if (s->n_marks == s->capacity) {
                size_t capacity = s->capacity ? s->capacity * 2 : 64;
                struct mark *marks = realloc(s->marks, capacity * sizeof *marks);

                if (!marks)
                        return -ENOMEM;
                s->marks = marks;
                s->capacity = capacity;
        }
        s->marks[s->n_marks++] = (struct mark){ input->seq, s->written + s->buf.n, input->time };
        return 0;
}

static int spool_put(struct replay_spool *s, bool output, uint64_t seq, uint32_t n) {
        buf_put_u32(&s->buf, (uint32_t)s->record.n);
        buf_put_u8(&s->buf, output);
        buf_put_u64(&s->buf, seq);
        buf_put_u32(&s->buf, n);
        buf_put(&s->buf, s->record.p, s->record.n);
        if (s->buf.error || s->record.error)
                return -ENOMEM;
        return s->buf.n >= WRITE_BYTES ? spool_flush(s) : 0;
}

int replay_spool_input(struct replay_spool *s, const struct ww_input *input) {
        int r = spool_mark(s, input);

        buf_reset(&s->record);
        if (!r)
                r = ww_input_encode(input, &s->record);
        return r ? r : spool_put(s, false, input->seq, 0);
}

int replay_spool_output(struct replay_spool *s, const struct ww_output *output) {
        int r;

        buf_reset(&s->record);
        r = ww_output_encode(output, &s->record);
        return r ? r : spool_put(s, true, output->seq, output->n);
}

/* ---- read ---- */

static int spool_read(const struct replay_spool *s, uint64_t offset, size_t n, struct buf *out) {
        uint8_t *to;

        buf_reset(out);
        to = buf_reserve(out, n);
        if (!to)
                return -ENOMEM;
        while (out->n < n) {
                ssize_t got = pread(s->fd, to + out->n, n - out->n, (off_t)(offset + out->n));

                if (got < 0 && errno != EINTR)
                        return -errno;
                if (got == 0)
                        return -EIO;
                out->n += got > 0 ? (size_t)got : 0;
        }
        return 0;
}

struct feed {
        struct prime *prime;
        uint64_t from, before;
        struct journal_item *items;
        size_t n, capacity;
};

static int feed_add(struct feed *f, const struct journal_item *item) {
        if (f->n == f->capacity) {
                size_t capacity = f->capacity ? f->capacity * 2 : 256;
                struct journal_item *items = realloc(f->items, capacity * sizeof *items);

                if (!items)
                        return -ENOMEM;
                f->items = items;
                f->capacity = capacity;
        }
        f->items[f->n++] = *item;
        return 0;
}

/* Whole records out of the bytes; *ret_used: how many bytes they took. */
static int feed_items(struct feed *f, struct ww_str bytes, size_t *ret_used) {
        struct rd in = rd_init(bytes);
        int r = 0;

        f->n = 0;
        *ret_used = 0;
        while (!r && rd_left(&in) >= HEAD) {
                uint32_t n = rd_u32(&in);
                struct journal_item item = { .output = rd_u8(&in) };

                item.seq = rd_u64(&in);
                item.n = rd_u32(&in);
                if (rd_left(&in) < n)
                        break;
                item.record = (struct ww_str){ (const char *)rd_take(&in, n), n };
                if (item.seq >= f->from && item.seq < f->before)
                        r = feed_add(f, &item);
                *ret_used = bytes.n - rd_left(&in);
        }
        return r;
}

/* An input's outputs belong to it: the last input of a batch that is not the last goes with the next. */
static size_t feed_whole(const struct feed *f, bool last) {
        size_t n = f->n;

        while (!last && n && f->items[n - 1].output)
                n--;
        return !last && n ? n - 1 : n;
}

static size_t item_bytes(const struct journal_item *item) {
        return HEAD + item->record.n;
}

static int feed_batch(struct feed *f, struct ww_str bytes, bool last, size_t *ret_used) {
        int r = feed_items(f, bytes, ret_used);
        size_t whole = feed_whole(f, last);
        struct journal_batch batch = { .items = f->items, .n = whole };

        if (r)
                return r;
        for (size_t i = whole; i < f->n; i++)
                *ret_used -= item_bytes(&f->items[i]);
        return whole ? prime_batch(f->prime, &batch, f->before) : 0;
}

static uint64_t spool_place(const struct replay_spool *s, uint64_t seq) {
        size_t i = 0;

        while (i + 1 < s->n_marks && s->marks[i + 1].seq <= seq)
                i++;
        return s->n_marks ? s->marks[i].offset : s->written;
}

int replay_spool_feed(struct replay_spool *s, struct prime *prime, uint64_t from, uint64_t before) {
        struct feed f = { prime, from, before, NULL, 0, 0 };
        struct buf bytes = BUF_INIT;
        size_t want = READ_BYTES;
        int r = spool_flush(s);

        for (uint64_t at = spool_place(s, from); !r && at < s->written;) {
                size_t left = (size_t)(s->written - at), n = left < want ? left : want, used = 0;

                r = spool_read(s, at, n, &bytes);
                if (!r)
                        r = feed_batch(&f, buf_str(&bytes), n == left, &used);
                want = used ? READ_BYTES : want * 2; /* a record may be larger */
                at += used ? used : n == left ? left : 0;
        }
        buf_deinit(&bytes);
        free(f.items);
        return r;
}
