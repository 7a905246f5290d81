/*
 * The journal's environment: opening, closing, and what all of its files use.
 *
 * Files under DIR/journal/, in a setgid directory that only the writer changes. A reader of the same group may open
 * them:
 *
 *     data.mdb     LMDB's pages; blocks for the whole map are reserved (journal_disk.c)
 *     lock.mdb     LMDB's table of readers
 *     writer.lock  the writer's flock (journal_lock.c)
 *     writer       its word that the pages are right (journal_lock.c)
 *     clean        mark of an orderly close (journal_lock.c)
 *
 * LMDB's pages carry no checksum, and LMDB follows whatever stands in them: a flipped bit can crash the process that
 * reads it. So a journal that was not closed in order is checked page by page before LMDB sees it
 * (journal_pages.c). What passes can be read by LMDB without harm; what stands in the records has checksums. Those of
 * the first and the last ones are looked at in every open of a writer (journal_ends.c): their keys are the numbers that
 * the writer goes on from.
 */
#include "config/file.h"
#include "journal/journal_internal.h"

#include "journal/journal_pages.h"
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define READERS_MAX 64
#define MAP_MIN     (UINT64_C(512) * 1024)
#define ID_DIGITS   32
#define ID_CHECK    16 /* hex digits of a checksum behind the id: meta values have none of their own */

const char *const journal_database_names[JOURNAL_DATABASES] = {
        [JOURNAL_INPUT] = "input",
        [JOURNAL_OUTPUT] = "output",
        [JOURNAL_LIVE] = "live",
        [JOURNAL_META] = "meta",
};

int journal_error(int rc) {
        switch (rc) {
        case 0:
                return 0;
        case MDB_MAP_FULL:
        case ENOSPC:
        case EDQUOT:
                return JOURNAL_E_FULL;
        case MDB_NOTFOUND:
                return -ENOENT;
        case MDB_KEYEXIST:
        case MDB_BAD_VALSIZE:
        case MDB_BAD_TXN:
                return -EINVAL;
        case MDB_TXN_FULL:
                return -EFBIG;
        case MDB_READERS_FULL:
                return -EUSERS;
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
        case MDB_INCOMPATIBLE:
                return JOURNAL_E_DAMAGED;
        default:
                return rc > 0 ? -rc : -EIO;
        }
}

/* --- keys and values --- */

void journal_key_put(uint8_t *to, uint64_t seq) {
        for (int i = 0; i < 8; i++)
                to[i] = (uint8_t)(seq >> (56 - 8 * i));
}

uint64_t journal_key_get(const uint8_t *from) {
        uint64_t seq = 0;

        for (int i = 0; i < 8; i++)
                seq = seq << 8 | from[i];
        return seq;
}

void journal_key_put_output(uint8_t to[static JOURNAL_KEY_OUTPUT], uint64_t seq, uint32_t n) {
        journal_key_put(to, seq);
        for (int i = 0; i < 4; i++)
                to[8 + i] = (uint8_t)(n >> (24 - 8 * i));
}

uint32_t journal_key_get_n(const uint8_t *from) {
        return (uint32_t)from[8] << 24 | (uint32_t)from[9] << 16 | (uint32_t)from[10] << 8 | from[11];
}

int journal_meta_u64(struct journal *j, MDB_txn *txn, const char *name, uint64_t *ret) {
        MDB_val key = { strlen(name), (void *)(uintptr_t)name }, value;
        int rc = mdb_get(txn, j->dbi[JOURNAL_META], &key, &value);
        struct rd in;
        uint64_t v;

        if (rc == MDB_NOTFOUND) {
                *ret = 0;
                return 0;
        }
        if (rc)
                return journal_error(rc);
        in = rd_init((struct ww_str){ value.mv_data, value.mv_size });
        v = rd_u64(&in);
        if (rd_u64(&in) != ~v || in.failed || rd_left(&in))
                return JOURNAL_E_DAMAGED;
        *ret = v;
        return 0;
}

int journal_meta_put_u64(struct journal *j, MDB_txn *txn, const char *name, uint64_t v) {
        MDB_val key = { strlen(name), (void *)(uintptr_t)name };
        uint8_t le[16];
        MDB_val value = { sizeof le, le };

        for (int i = 0; i < 8; i++) {
                le[i] = (uint8_t)(v >> (8 * i));
                le[8 + i] = (uint8_t)~le[i];
        }
        return journal_error(mdb_put(txn, j->dbi[JOURNAL_META], &key, &value, 0));
}

int journal_used_pages(struct journal *j, MDB_txn *txn, uint64_t *ret) {
        /* LMDB's own two trees, free pages and names, have the handles 0 and 1 */
        const MDB_dbi all[] = { 0, 1, j->dbi[0], j->dbi[1], j->dbi[2], j->dbi[3] };
        uint64_t used = 2; /* meta pages */

        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                MDB_stat stat;
                int rc = mdb_stat(txn, all[i], &stat);

                if (rc)
                        return journal_error(rc);
                used += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
        }
        *ret = used;
        return 0;
}

int journal_snapshot(struct journal *j, MDB_txn **ret) {
        int rc = mdb_txn_begin(j->env, NULL, MDB_RDONLY, ret);

        if (rc == MDB_MAP_RESIZED && !j->writer) {
                /* a new writer came with a larger map */
                rc = mdb_env_set_mapsize(j->env, 0);
                if (!rc)
                        rc = mdb_txn_begin(j->env, NULL, MDB_RDONLY, ret);
        }
        return journal_error(rc);
}

/* --- opening --- */

static int path_in(const struct journal *j, const char *name, char out[static PATH_MAX]) {
        return snprintf(out, PATH_MAX, "%s/%s", j->dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* In a state directory that was prepared for several users it has the group of the readers, and gives it to its files:
 * by the set-group-id bit there, which is inherited. */
static int make_directory(struct journal *j, const char *state) {
        if (mkdir(j->dir, 0750) < 0)
                return errno == EEXIST ? 0 : -errno;
        (void)file_sync_folder(state);
        return 0;
}

static int check_pages(struct journal *j, const char *data, bool trusting) {
        int r, shown;

        if (journal_clean_take(j->dir, j->writer))
                return 0;
        shown = j->writer ? 0 : journal_lock_shown(j->dir);
        if (shown > 0)
                return 0; /* its writer has checked it, and changes it while we would look */
        if (trusting)
                return shown < 0 ? shown : access(data, F_OK) < 0 ? -errno : JOURNAL_E_UNCHECKED;
        r = journal_pages_check(data);
        j->searched = r == 0;
        if (r == JOURNAL_E_DAMAGED && !j->writer && journal_lock_shown(j->dir) > 0)
                return 0; /* a writer came while we looked */
        if (r == JOURNAL_E_DAMAGED && !j->writer && journal_lock_held(j->dir))
                return JOURNAL_E_UNCHECKED; /* it gives no word yet, is of a version that knows none, or we cannot see
                                               it */
        return r == -ENOENT && j->writer ? 0 : r;
}

static int open_files(struct journal *j) {
        return mdb_env_open(j->env, j->dir, MDB_NOTLS | (j->writer ? 0 : MDB_RDONLY), 0660);
}

/* False: we cannot, and are who we were. */
static bool become(uid_t uid, gid_t gid) {
        if (setegid(gid) < 0)
                return false;
        if (seteuid(uid) == 0)
                return true;
        if (setegid(0) < 0)
                _exit(1);
        return false;
}

/* The journal's owner could put links where LMDB makes, and writes to, its files. Who reads as root opens them with the
 * owner's rights (a link's owner is who made it). A process in which the way back failed is of no use. */
static int open_files_as_owner(struct journal *j, const struct stat *owner) {
        gid_t groups[256];
        int rc, n = getgroups(256, groups);

        if (n < 0 || setgroups(0, NULL) < 0)
                return open_files(j);
        if (!become(owner->st_uid, owner->st_gid)) {
                (void)setgroups((size_t)n, groups);
                return open_files(j);
        }
        rc = open_files(j);
        if (seteuid(0) < 0 || setegid(0) < 0 || setgroups((size_t)n, groups) < 0)
                _exit(1);
        return rc;
}

static int open_whoever(struct journal *j) {
        bool root = geteuid() == 0 && getegid() == 0;
        struct stat st;

        return root && !j->writer && lstat(j->dir, &st) == 0 && st.st_uid ? open_files_as_owner(j, &st) : open_files(j);
}

static int open_environment(struct journal *j, uint64_t size) {
        int rc = mdb_env_create(&j->env);

        if (!rc)
                rc = mdb_env_set_maxdbs(j->env, JOURNAL_DATABASES);
        if (!rc)
                rc = mdb_env_set_maxreaders(j->env, READERS_MAX);
        if (!rc && j->writer)
                rc = mdb_env_set_mapsize(j->env, size);
        if (!rc)
                rc = open_whoever(j);
        if (!rc && j->writer)
                rc = mdb_reader_check(j->env, NULL); /* pages that the dead have seen are free again */
        return journal_error(rc);
}

/* A reader reads, and writes its slot into the table of readers; the record itself is its writer's alone. */
static int share_files(struct journal *j) {
        static const struct {
                const char *name;
                mode_t mode;
        } files[] = { { "data.mdb", 0640 }, { "lock.mdb", 0660 } };

        for (size_t i = 0; i < 2; i++) {
                char path[PATH_MAX];
                int r = path_in(j, files[i].name, path);

                if (r)
                        return r;
                if (chmod(path, files[i].mode) < 0 && errno != EPERM) /* EPERM: made by another user, who shared it */
                        return -errno;
        }
        return 0;
}

static int open_databases(struct journal *j, MDB_txn *txn) {
        for (size_t i = 0; i < JOURNAL_DATABASES; i++) {
                int rc = mdb_dbi_open(txn, journal_database_names[i], j->writer ? MDB_CREATE : 0, &j->dbi[i]);

                if (rc)
                        return journal_error(rc);
        }
        return 0;
}

static int put_identity(struct journal *j, MDB_txn *txn) {
        MDB_val key = { strlen(JOURNAL_META_ID), (void *)(uintptr_t)JOURNAL_META_ID };
        uint8_t random[16];
        char id[ID_DIGITS + ID_CHECK + 1];
        MDB_val value = { ID_DIGITS + ID_CHECK, id };
        int r = journal_meta_put_u64(j, txn, JOURNAL_META_FORMAT, JOURNAL_FORMAT);

        if (r)
                return r;
        if (getrandom(random, sizeof random, 0) != sizeof random)
                return -EIO;
        for (size_t i = 0; i < sizeof random; i++)
                (void)snprintf(id + 2 * i, 3, "%02x", random[i]);
        (void)snprintf(id + ID_DIGITS, ID_CHECK + 1, "%016llx", (unsigned long long)XXH3_64bits(id, ID_DIGITS));
        return journal_error(mdb_put(txn, j->dbi[JOURNAL_META], &key, &value, 0));
}

bool journal_identity_check(struct ww_str value, char ret[static 33]) {
        char check[ID_CHECK + 1];

        if (value.n != ID_DIGITS + ID_CHECK)
                return false;
        (void)snprintf(check, sizeof check, "%016llx", (unsigned long long)XXH3_64bits(value.p, ID_DIGITS));
        if (memcmp(value.p + ID_DIGITS, check, ID_CHECK) != 0)
                return false;
        memcpy(ret, value.p, ID_DIGITS);
        ret[ID_DIGITS] = 0;
        return true;
}

static int get_identity(struct journal *j, MDB_txn *txn) {
        MDB_val key = { strlen(JOURNAL_META_ID), (void *)(uintptr_t)JOURNAL_META_ID }, value;
        uint64_t format = 0;
        int rc, r = journal_meta_u64(j, txn, JOURNAL_META_FORMAT, &format);

        if (r)
                return r;
        if (format > JOURNAL_FORMAT)
                return JOURNAL_E_FORMAT;
        rc = mdb_get(txn, j->dbi[JOURNAL_META], &key, &value);
        if (rc)
                return journal_error(rc);
        return journal_identity_check((struct ww_str){ value.mv_data, value.mv_size }, j->id) ? 0 : JOURNAL_E_DAMAGED;
}

/* Only a journal that never held a record has none: under another id all of it would be stored once more. */
static int make_identity(struct journal *j, MDB_txn *txn) {
        uint64_t head, tail, trimmed;
        int r = journal_ends(j, txn, &head, &tail, &trimmed);

        if (!r)
                r = head ? JOURNAL_E_DAMAGED : put_identity(j, txn);
        return r ? r : get_identity(j, txn);
}

static int open_content(struct journal *j) {
        MDB_txn *txn;
        int r = journal_error(mdb_txn_begin(j->env, NULL, j->writer ? 0 : MDB_RDONLY, &txn));

        if (r)
                return r;
        r = open_databases(j, txn);
        if (!r)
                r = get_identity(j, txn);
        if (r == -ENOENT && j->writer)
                r = make_identity(j, txn);
        if (!r)
                r = journal_ends(j, txn, &j->head, &j->tail, &j->trimmed);
        if (!r && j->writer)
                r = journal_ends_check(j, txn);
        if (r) {
                mdb_txn_abort(txn);
                return r;
        }
        /* committed in a reader, too: its handles would not outlive an abort */
        return journal_error(mdb_txn_commit(txn));
}

static int learn_sizes(struct journal *j) {
        MDB_envinfo info;
        MDB_stat stat;
        struct stat st;
        char path[PATH_MAX];
        int r = path_in(j, "data.mdb", path);

        if (r)
                return r;
        if (mdb_env_info(j->env, &info) || mdb_env_stat(j->env, &stat))
                return -EIO;
        if (lstat(path, &st) < 0)
                return -errno;
        j->inode = st.st_ino;
        j->map = info.me_mapsize;
        j->page = stat.ms_psize;
        return 0;
}

/* What a reader has left in the table of readers, or in its mutexes, ends here. */
static int forget_readers(const struct journal *j) {
        char path[PATH_MAX];
        int r = path_in(j, "lock.mdb", path);

        if (r)
                return r;
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int open_writer(struct journal *j, const struct journal_options *options) {
        int r = make_directory(j, options->dir);

        r = r ? r : journal_lock_take(&j->lock, j->dir, options->lock_wait);
        return r || !options->readers_gone ? r : forget_readers(j);
}

static int open_all(struct journal *j, const struct journal_options *options) {
        uint64_t size = options->size < MAP_MIN ? MAP_MIN : options->size;
        char data[PATH_MAX];
        int r = path_in(j, "data.mdb", data);

        if (!r && j->writer)
                r = journal_salvage_finish(options->dir);
        size -= size % (uint64_t)sysconf(_SC_PAGESIZE);
        if (!r && j->writer)
                r = open_writer(j, options);
        r = r ? r : check_pages(j, data, options->trusting);
        r = r ? r : open_environment(j, size);
        if (!r && j->writer)
                r = share_files(j);
        r = r ? r : open_content(j);
        if (!r && j->writer) {
                r = journal_disk_reserve(j, size);
                (void)file_sync_folder(j->dir);
                (void)journal_lock_show(j->lock, j->dir);
        }
        return r ? r : learn_sizes(j);
}

int journal_open(struct journal **ret, const struct journal_options *options) {
        _cleanup_(journal_closep) struct journal *j = calloc(1, sizeof *j);
        int r;

        if (!j)
                return -ENOMEM;
        j->writer = j->starts = options->writer;
        if (asprintf(&j->dir, "%s/journal", options->dir) < 0) {
                j->dir = NULL;
                return -ENOMEM;
        }
        r = open_all(j, options);
        if (r)
                return r;
        *ret = j;
        j = NULL;
        return 0;
}

bool journal_show(struct journal *j) {
        return !j->writer || journal_lock_show(j->lock, j->dir);
}

struct journal *journal_close(struct journal *j) {
        bool whole;

        if (!j)
                return NULL;
        journal_abort(j);
        whole = j->writer && j->lock && j->map && mdb_env_sync(j->env, 1) == 0;
        if (j->env)
                mdb_env_close(j->env);
        if (whole)
                journal_clean_put(j->dir);
        j->lock = journal_lock_drop(j->lock);
        free(j->dir);
        free(j);
        return NULL;
}

const char *journal_refusal(int r) {
        switch (r) {
        case JOURNAL_E_FORMAT:
                return "it was made by a newer Wardwatch";
        case JOURNAL_E_UNCHECKED:
                return "the engine has not looked through it yet";
        default:
                return "it is damaged";
        }
}

bool journal_was_searched(const struct journal *j) {
        return j->searched;
}

const char *journal_id(const struct journal *j) {
        return j->id;
}
