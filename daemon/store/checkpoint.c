/*
 * Every proof.every, and at the end, the chain's last hash is signed and appended to a file, which is best on another
 * machine's disk. The file is only ever appended to, and each line is on the disk before the next is thought of.
 *
 * Where the file stands is read from its end, at each connection. If it is further than the database, the database was
 * set back (restored from a backup): that is said in the next checkpoint, see proof_checkpoint.c.
 *
 * A key that follows another one (`wardwatch keys rotate`) brings the old one's word for it: that is appended before
 * the first checkpoint that the new one signs.
 */
#include "store/checkpoint.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES (256 * 1024) /* of the file that are read: some hundred checkpoints */

/* --- the file --- */

static int file_tail(const char *path, struct buf *ret) {
        _cleanup_(cleanup_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        off_t from;
        ssize_t n;
        void *room;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
        room = buf_reserve(ret, TAIL_BYTES);
        if (!room)
                return -ENOMEM;
        n = pread(fd, room, TAIL_BYTES, from);
        if (n < 0)
                return -errno;
        ret->n += (size_t)n;
        return 0;
}

static int file_append(const char *path, const struct buf *line) {
        _cleanup_(cleanup_closep) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = write(fd, line->p, line->n);
        if (n < 0)
                return -errno;
        if ((size_t)n != line->n)
                return -ENOSPC;
        return fsync(fd) < 0 ? -errno : 0;
}

static bool key_is(const struct checkpoint *c, const uint8_t key[crypto_sign_PUBLICKEYBYTES]) {
        return memcmp(key, c->key.public, sizeof c->key.public) == 0;
}

static void line_take(struct checkpoint *c, const struct seal *seal, struct ww_str line) {
        struct proof_checkpoint read;
        struct proof_handover handover;

        if (proof_handover_read(line, &handover) == 0)
                c->handed |= key_is(c, handover.next);
        else if (proof_checkpoint_read(line, &read) == 0 &&
                 memcmp(read.journal_id, seal->journal_id, sizeof read.journal_id) == 0 && read.number > c->last.number)
                c->last = read;
}

static void last_take(struct checkpoint *c, const struct seal *seal, struct ww_str text) {
        while (text.n > 0) {
                const char *end = memchr(text.p, '\n', text.n);
                size_t n = end ? (size_t)(end - text.p) : text.n;

                line_take(c, seal, (struct ww_str){ text.p, n });
                n += end != NULL;
                text.p += n;
                text.n -= n;
        }
}

/* --- the key and the beginning --- */

/* The lines behind the key: they lead from an older one to this one. */
static bool handovers_take(struct checkpoint *c, const char *text) {
        struct proof_handover last, h;

        for (const char *at = strchr(text, '\n'); at; at = strchr(at, '\n')) {
                struct ww_str line = { ++at, strcspn(at, "\r\n") };

                if (line.n == 0)
                        continue;
                if (proof_handover_read(line, &h) != 0 ||
                    (c->handovers.n > 0 && memcmp(h.key, last.next, sizeof h.key) != 0))
                        return false;
                proof_handover_line(&h, &c->handovers);
                last = h;
        }
        return c->handovers.n == 0 || key_is(c, last.next);
}

static int key_load(struct checkpoint *c, const struct config *config, struct diag *d) {
        struct diag_pos pos = { .file = ww_str(config->proof.key) };
        char *text = NULL;
        int e = config_secret(config->proof.key, d, &text);

        if (!e && !proof_key_read(&c->key, text))
                e = diag_error(d, pos, "make one with `wardwatch keys new FILE`", "is no key: 64 hex digits");
        if (!e && !handovers_take(c, text))
                e = diag_error(d, pos, "make it with `wardwatch keys rotate OLD NEW`",
                               "the lines behind the key do not lead from an older key to it");
        if (text)
                sodium_memzero(text, strlen(text));
        free(text);
        return e;
}

int checkpoint_init(struct checkpoint *c, const struct config *config, const struct seal *seal, struct diag *d) {
        _cleanup_buf_ struct buf tail = BUF_INIT;
        int e;

        *c = (struct checkpoint){ .every = config->proof.every, .handovers = BUF_INIT };
        if (!*config->proof.key || !*config->proof.file)
                return 0;
        e = key_load(c, config, d);
        if (!e)
                e = file_tail(config->proof.file, &tail);
        if (e)
                return e;
        c->path = config->proof.file;
        c->torn = tail.n > 0 && tail.p[tail.n - 1] != '\n';
        last_take(c, seal, buf_str(&tail));
        if (c->last.seq > seal->last_seq) {
                c->set_back = seal->last_seq + 1;
                log_warning("database-set-back", NULL,
                            "the last checkpoint was of input %" PRIu64 ", the database ends with %" PRIu64
                            ": it is filled again",
                            c->last.seq, seal->last_seq);
        }
        return 0;
}

void checkpoint_deinit(struct checkpoint *c) {
        sodium_memzero(&c->key, sizeof c->key);
        buf_deinit(&c->handovers);
        c->path = NULL;
}

/* --- a checkpoint --- */

int checkpoint_text(const struct checkpoint *c, struct buf *ret) {
        if (c->last.number == 0)
                return 0;
        buf_put(ret, c->handovers.p, c->handovers.n);
        proof_checkpoint_line(&c->last, ret);
        if (!ret->error)
                ret->n--;
        return ret->error;
}

/* From which number on the key signs, if it took over from another one. */
static uint64_t since(const struct checkpoint *c) {
        if (c->handovers.n == 0)
                return 0;
        return c->last.number > 0 && key_is(c, c->last.key) ? c->last.since : c->last.number + 1;
}

void checkpoint_turn(struct checkpoint *c, const struct seal *seal, bool at_once) {
        _cleanup_buf_ struct buf line = BUF_INIT;
        struct proof_checkpoint next = { .number = c->last.number + 1,
                                         .segment = seal->segment,
                                         .seq = seal->last_seq };
        int e;

        if (!c->path || seal->segment == 0 || (!at_once && clock_boot() < c->due) ||
            (c->last.segment == seal->segment && !c->set_back))
                return;
        c->due = clock_boot() + c->every;
        next.time = clock_wall();
        next.set_back = c->set_back;
        next.since = since(c);
        memcpy(next.journal_id, seal->journal_id, sizeof next.journal_id);
        memcpy(next.hash, seal->hash, PROOF_HASH);
        memcpy(next.previous, c->last.digest, PROOF_HASH);
        if (c->torn)
                buf_puts(&line, "\n");
        if (!c->handed)
                buf_put(&line, c->handovers.p, c->handovers.n);
        proof_checkpoint_write(&next, &c->key, &line);
        e = line.error ? line.error : file_append(c->path, &line);
        c->torn = e != 0; /* a part of it may be there */
        if (e) {
                c->failed++;
                log_error("checkpoint-failed", c->path, "%s: the next one is tried in its time", strerror(-e));
                return;
        }
        c->made++;
        c->handed = true;
        c->set_back = 0;
        c->last = next;
}
