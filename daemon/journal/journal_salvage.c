/*
 * Saving what is right in a journal that LMDB cannot be given.
 *
 *     1. DIR/journal.salvage/journal is made and filled, from the pages of DIR/journal, which nobody changes
 *     2. DIR/journal          → DIR/journal.damaged-N
 *     3. DIR/journal.salvage/journal → DIR/journal
 *
 * A crash before 2 leaves the damaged journal, and salvage begins again; one between 2 and 3 is finished by the next
 * open of a writer. Records are taken from the trees as far as they lead. If a tree is broken, leaves that no tree
 * leads to are read as well: they hold what was below the break, and stale copies of what was deleted or written anew
 * elsewhere; a record of the trees goes before those. So are leaves that are not in order: what is wrong in them may
 * be one key, and each record knows its own. Outputs whose input is lost are kept: they were concluded, and perhaps
 * told. The state of alarms comes from the snapshot, `live` only as far as its tree leads: a stale copy of an alarm
 * would be a lie.
 */
#include "config/file.h"
#include "journal/journal_internal.h"

#include "base/arena.h"
#include "journal/journal_pages.h"
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define BATCH        1000
#define RECORD_MAX   (UINT32_C(64) * 1024 * 1024) /* larger than any record: a size that is not one */
#define HALVINGS     4
#define CURSOR_NAMES "cursor." /* of the old journal's id */

struct salvage {
        struct journal *j; /* the new one */
        struct journal_salvaged counts;
        MDB_txn *txn;
        struct arena arena;
        size_t in_batch;
        uint64_t first, last; /* numbers of what was taken */
        uint64_t trimmed;     /* of the damaged one, 0 = not known */
        char predecessor[33]; /* its id, "" = not known */
        bool broken[2];       /* trees of inputs and outputs: what they do not lead to is looked for */
        struct pages_visitor visitor;
        int fd; /* the damaged file */
        int error;

        /* the record at work */
        struct buf value;
        MDB_val key; /* the node's, or `own` */
        uint8_t own[JOURNAL_KEY_OUTPUT];
        bool loose; /* no tree leads to it */
};

static int salvage_flush(struct salvage *s) {
        int rc = s->txn ? mdb_txn_commit(s->txn) : 0;

        s->txn = NULL;
        s->in_batch = 0;
        return journal_error(rc);
}

static int salvage_put(struct salvage *s, unsigned database) {
        MDB_val value = { s->value.n, s->value.p };
        int rc = s->txn ? 0 : mdb_txn_begin(s->j->env, NULL, 0, &s->txn);

        if (!rc)
                rc = mdb_put(s->txn, s->j->dbi[database], &s->key, &value, MDB_NOOVERWRITE);
        if (rc == MDB_KEYEXIST)
                return -EEXIST;
        if (!rc && ++s->in_batch == BATCH)
                return salvage_flush(s);
        return journal_error(rc);
}

static bool salvage_fetch(struct salvage *s, const struct pages_node *node) {
        void *to;

        buf_reset(&s->value);
        if (node->n > RECORD_MAX)
                return false;
        to = buf_reserve(&s->value, node->n + 1);
        if (!to) {
                s->error = -ENOMEM;
                return false;
        }
        s->value.n = node->n;
        return pread(s->fd, to, node->n, (off_t)node->at) == (ssize_t)node->n;
}

/* An input's or output's place is the number that it carries under its checksum, whatever key it was found under. Of
 * outputs, too, the ends are noted: a number whose input is lost must not be given out again. */
static bool salvage_place(struct salvage *s, const struct pages_node *node, uint64_t seq) {
        if (seq == 0 || (s->loose && seq <= s->trimmed))
                return false;
        if (memcmp(s->own, node->key, node->n_key) != 0) {
                s->counts.bad_records += !s->loose;
                s->key.mv_data = s->own;
        }
        s->first = s->first && s->first < seq ? s->first : seq;
        s->last = s->last > seq ? s->last : seq;
        return true;
}

static bool salvage_input(struct salvage *s, const struct pages_node *node) {
        struct ww_input input;

        if (ww_input_decode(buf_str(&s->value), 0, &input))
                return false;
        journal_key_put(s->own, input.seq);
        return salvage_place(s, node, input.seq);
}

static bool salvage_output(struct salvage *s, const struct pages_node *node) {
        struct ww_output output;
        int r = ww_output_decode(buf_str(&s->value), 0, 0, &s->arena, &output);

        arena_reset(&s->arena);
        if (r)
                return false;
        journal_key_put_output(s->own, output.seq, output.n);
        return salvage_place(s, node, output.seq);
}

static bool salvage_live(struct salvage *s, const struct pages_node *node) {
        return ww_live_check(buf_str(&s->value), journal_key_get(node->key)) == 0;
}

/* Names that are the journal's own are those of the new one. */
static bool salvage_meta(const struct pages_node *node) {
        static const char *const own[] = { JOURNAL_META_FORMAT,   JOURNAL_META_ID,          JOURNAL_META_TRIMMED,
                                           JOURNAL_META_SALVAGED, JOURNAL_META_PREDECESSOR, JOURNAL_META_SALVAGE };
        const struct ww_str name = { (const char *)node->key, node->n_key };

        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
                if (ww_str_is(name, own[i]))
                        return false;
        return name.n < strlen(CURSOR_NAMES) || memcmp(name.p, CURSOR_NAMES, strlen(CURSOR_NAMES)) != 0;
}

static bool salvage_right(struct salvage *s, unsigned database, const struct pages_node *node) {
        switch (database) {
        case JOURNAL_INPUT:
                return salvage_input(s, node);
        case JOURNAL_OUTPUT:
                return salvage_output(s, node);
        case JOURNAL_LIVE:
                return salvage_live(s, node);
        default:
                return salvage_meta(node);
        }
}

static void salvage_trimmed(struct salvage *s, const struct pages_node *node) {
        struct rd in = rd_init(buf_str(&s->value));
        uint64_t v = rd_u64(&in);

        if (ww_str_is((struct ww_str){ (const char *)node->key, node->n_key }, JOURNAL_META_TRIMMED) &&
            rd_u64(&in) == ~v && !in.failed)
                s->trimmed = v;
}

static void salvage_predecessor(struct salvage *s, const struct pages_node *node) {
        if (ww_str_is((struct ww_str){ (const char *)node->key, node->n_key }, JOURNAL_META_ID))
                (void)journal_identity_check(buf_str(&s->value), s->predecessor);
}

static void salvage_count(struct salvage *s, unsigned database) {
        uint64_t *const counts[] = { &s->counts.inputs, &s->counts.outputs, &s->counts.live };

        if (database < 3)
                *counts[database] += 1;
}

/* A tree's records are taken as they are. */
static bool take(struct salvage *s, unsigned database, const struct pages_node *node, bool loose) {
        int r;

        s->loose = loose;
        s->key = (MDB_val){ node->n_key, (void *)(uintptr_t)node->key };
        if (!salvage_fetch(s, node) || !salvage_right(s, database, node)) {
                s->counts.bad_records += !loose && database != JOURNAL_META;
                if (database == JOURNAL_META) {
                        salvage_trimmed(s, node);
                        salvage_predecessor(s, node);
                }
                return s->error == 0;
        }
        r = salvage_put(s, database);
        if (r == 0)
                salvage_count(s, database);
        else if (r != -EEXIST)
                s->error = r;
        return s->error == 0;
}

static bool on_node(void *userdata, const struct pages_node *node) {
        struct salvage *s = userdata;
        unsigned database = node->n_key == JOURNAL_KEY_INPUT ? JOURNAL_INPUT : JOURNAL_OUTPUT;

        if (node->database != PAGES_LOOSE)
                return take(s, node->database, node, false);
        return !s->broken[database] || take(s, database, node, true);
}

static bool on_bad(void *userdata, unsigned database, uint64_t page, const char *why) {
        struct salvage *s = userdata;

        s->counts.bad_pages++;
        for (unsigned i = 0; i < 2; i++)
                s->broken[i] |= database == i || database == PAGES_NAMES;
        s->visitor.loose = s->broken[0] || s->broken[1];
        return true;
}

/* --- the whole --- */

static int path_make(char out[static PATH_MAX], const char *dir, const char *name) {
        return snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static void remove_leftover(const char *dir) {
        static const char *const names[] = { "journal.salvage/journal/data.mdb",
                                             "journal.salvage/journal/lock.mdb",
                                             "journal.salvage/journal/writer.lock",
                                             "journal.salvage/journal/writer",
                                             "journal.salvage/journal/writer.new",
                                             "journal.salvage/journal/clean",
                                             "journal.salvage/journal",
                                             "journal.salvage" };
        char path[PATH_MAX];

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (path_make(path, dir, names[i]) == 0)
                        (void)remove(path);
}

static int open_new(struct salvage *s, const char *dir, uint64_t size) {
        char path[PATH_MAX];
        int r = path_make(path, dir, "journal.salvage");

        for (int i = 0; !r && i < HALVINGS; i++) {
                const struct journal_options options = { .dir = path, .size = size >> i, .writer = true };

                remove_leftover(dir);
                if (mkdir(path, 0750) < 0)
                        return -errno;
                r = journal_open(&s->j, &options);
                if (r != -ENOSPC)
                        return r;
                r = i + 1 < HALVINGS ? 0 : -ENOSPC;
        }
        return r;
}

static int open_old(struct salvage *s, const char *path) {
        s->fd = open(path, O_RDWR | O_CLOEXEC);
        /* the new one needs the blocks that the old one has and does not use */
        return s->fd < 0 ? -errno : journal_disk_release(s->fd);
}

static int put_text(struct salvage *s, const char *name, const char *text) {
        MDB_val key = { strlen(name), (void *)(uintptr_t)name };
        MDB_val value = { strlen(text), (void *)(uintptr_t)text };

        return journal_error(mdb_put(s->txn, s->j->dbi[JOURNAL_META], &key, &value, 0));
}

static int mark_new(struct salvage *s) {
        char words[256];
        int r = salvage_flush(s);

        (void)snprintf(words, sizeof words,
                       "saved: %" PRIu64 " inputs, %" PRIu64 " outputs, %" PRIu64 " alarms; bad: %" PRIu64
                       " records, %" PRIu64 " pages",
                       s->counts.inputs, s->counts.outputs, s->counts.live, s->counts.bad_records, s->counts.bad_pages);
        if (!r)
                r = journal_error(mdb_txn_begin(s->j->env, NULL, 0, &s->txn));
        if (!r && s->first)
                r = journal_meta_put_u64(s->j, s->txn, JOURNAL_META_TRIMMED, s->first - 1);
        if (!r)
                r = journal_meta_put_u64(s->j, s->txn, JOURNAL_META_SALVAGED, s->last);
        if (!r && s->predecessor[0])
                r = put_text(s, JOURNAL_META_PREDECESSOR, s->predecessor);
        if (!r)
                r = put_text(s, JOURNAL_META_SALVAGE, words);
        return r ? r : salvage_flush(s);
}

static int fill_new(struct salvage *s, const char *data) {
        int r;

        s->visitor = (struct pages_visitor){ s, on_bad, on_node, false };
        r = journal_pages_walk(data, &s->visitor);
        r = r ? r : s->error;
        r = r == -ENOENT ? 0 : r; /* an empty file: an empty journal */
        return r ? r : mark_new(s);
}

int journal_salvage_finish(const char *state) {
        char made[PATH_MAX], place[PATH_MAX], parent[PATH_MAX];
        int r = path_make(made, state, "journal.salvage/journal");

        r = r ? r : path_make(place, state, "journal");
        r = r ? r : path_make(parent, state, "journal.salvage");
        if (r)
                return r;
        if (access(place, F_OK) == 0 || access(made, F_OK) < 0)
                return 0;
        if (rename(made, place) < 0)
                return -errno;
        (void)rmdir(parent);
        return file_sync_folder(state);
}

static int swap(struct salvage *s, const char *dir) {
        char place[PATH_MAX];
        int r = path_make(place, dir, "journal");

        for (int n = 1; !r; n++) {
                if (snprintf(s->counts.aside, sizeof s->counts.aside, "%s/journal.damaged-%d", dir, n) >=
                    (int)sizeof s->counts.aside)
                        return -ENAMETOOLONG;
                if (access(s->counts.aside, F_OK) < 0)
                        break;
        }
        if (r)
                return r;
        if (rename(place, s->counts.aside) < 0)
                return -errno;
        r = file_sync_folder(dir);
        return r ? r : journal_salvage_finish(dir);
}

static void salvage_deinit(struct salvage *s) {
        if (s->txn)
                mdb_txn_abort(s->txn);
        s->txn = NULL;
        s->j = journal_close(s->j);
        buf_deinit(&s->value);
        arena_deinit(&s->arena);
        cleanup_closep(&s->fd);
}

int journal_salvage(const char *dir, uint64_t size, struct journal_salvaged *ret) {
        struct salvage s = { .fd = -1 };
        struct journal_lock *lock = NULL;
        char old[PATH_MAX], data[PATH_MAX];
        int r = path_make(old, dir, "journal");

        r = r ? r : path_make(data, dir, "journal/data.mdb");
        r = r ? r : journal_lock_take(&lock, old, 0);
        r = r ? r : open_old(&s, data);
        r = r ? r : open_new(&s, dir, size);
        r = r ? r : fill_new(&s, data);
        salvage_deinit(&s);
        r = r ? r : swap(&s, dir);
        (void)journal_lock_drop(lock);
        if (!r)
                *ret = s.counts;
        return r;
}
