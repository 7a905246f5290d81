/*
 * Every proof.every, and at the end, the chain's last hash is signed and appended to a file, which is best on another
 * machine's disk. The file is only ever appended to, and each line is on the disk before the next is thought of.
 *
 * Where the file stands is read from its end, at each connection. If it is further than the database, the database was
 * set back (restored from a backup): that is said in the next checkpoint, see proof_checkpoint.c.
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

static void last_take(struct checkpoint *c, const struct seal *seal, struct ww_str text) {
        while (text.n > 0) {
                const char *end = memchr(text.p, '\n', text.n);
                size_t n = end ? (size_t)(end - text.p) : text.n;
                struct proof_checkpoint read;

                if (proof_checkpoint_read((struct ww_str){ text.p, n }, &read) == 0 &&
                    memcmp(read.journal_id, seal->journal_id, sizeof read.journal_id) == 0 &&
                    read.number > c->last.number)
                        c->last = read;
                n += end != NULL;
                text.p += n;
                text.n -= n;
        }
}

/* --- the key and the beginning --- */

static int key_load(struct checkpoint *c, const struct config *config, struct diag *d) {
        struct diag_pos pos = { .file = ww_str(config->proof.key) };
        char *text = NULL;
        int e = config_secret(config->proof.key, d, &text);

        if (!e && !proof_key_read(&c->key, text))
                e = diag_error(d, pos, "make one with `wardwatch keys new FILE`", "is no key: 64 hex digits");
        if (text)
                sodium_memzero(text, strlen(text));
        free(text);
        return e;
}

int checkpoint_init(struct checkpoint *c, const struct config *config, const struct seal *seal, struct diag *d) {
        _cleanup_buf_ struct buf tail = BUF_INIT;
        int e;

        *c = (struct checkpoint){ .every = config->proof.every };
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
        c->path = NULL;
}

/* --- a checkpoint --- */

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
        memcpy(next.journal_id, seal->journal_id, sizeof next.journal_id);
        memcpy(next.hash, seal->hash, PROOF_HASH);
        memcpy(next.previous, c->last.digest, PROOF_HASH);
        if (c->torn)
                buf_puts(&line, "\n");
        proof_checkpoint_write(&next, &c->key, &line);
        e = line.error ? line.error : file_append(c->path, &line);
        c->torn = e != 0; /* a part of it may be there */
        if (e) {
                c->failed++;
                log_error("checkpoint-failed", c->path, "%s: the next one is tried in its time", strerror(-e));
                return;
        }
        c->made++;
        c->set_back = 0;
        c->last = next;
}
