/*
 * LMDB's table of readers: slots of the dead are freed, and a reader of ours that hangs in an old transaction is
 * killed, because no page that it can see can be used again.
 *
 * LMDB says who reads what, not since when. A transaction that lags behind the newest commit and is found again, the
 * same, later on is the same one: a reader that begins anew sees the newest commit. So nobody is killed while nothing
 * is written, and none of the many short transactions of a healthy reader is taken for one long one.
 */
#include "journal/journal_internal.h"

#include "base/clock.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#define LAG_MAX   (5 * WW_SECOND)
#define FREE_LIST 0 /* LMDB's own handle */

struct listing {
        struct journal *j;
        uint64_t newest, oldest; /* transactions; oldest: that is read, UINT64_MAX = none */
        struct journal_laggard found[JOURNAL_LAGGARDS];
        size_t n_found;
        unsigned readers;
};

static void note_laggard(struct listing *list, int pid, uint64_t thread, uint64_t txn) {
        struct journal_laggard *to;

        if (txn >= list->newest || pid <= 1 || pid == (int)getpid() || list->n_found == JOURNAL_LAGGARDS)
                return;
        to = &list->found[list->n_found++];
        *to = (struct journal_laggard){ pid, thread, txn, clock_boot() };
        for (size_t i = 0; list->j && i < list->j->n_laggards; i++) {
                const struct journal_laggard *l = &list->j->laggards[i];

                if (l->pid == pid && l->thread == thread && l->txn == txn)
                        to->since = l->since;
        }
}

/* A line of the table: "   pid   thread(hex)   txn or -"; the first line is a heading. */
static int on_line(const char *line, void *userdata) {
        struct listing *list = userdata;
        char txn[32];
        unsigned long long thread;
        int pid;

        if (sscanf(line, "%d %llx %31s", &pid, &thread, txn) != 3)
                return 0;
        list->readers++;
        if (txn[0] == '-')
                return 0;
        list->oldest = MIN(list->oldest, MAX(1, strtoull(txn, NULL, 10))); /* any reader may have written there */
        note_laggard(list, pid, thread, strtoull(txn, NULL, 10));
        return 0;
}

/* --- what they hold back --- */

static int count_freed(struct journal *j, MDB_cursor *cursor) {
        size_t from = (size_t)j->held_back.upto + 1;
        MDB_val key = { sizeof from, &from }, value;
        int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

        while (!rc && key.mv_size == sizeof from && value.mv_size >= sizeof from) {
                size_t txn, pages;

                memcpy(&txn, key.mv_data, sizeof txn);
                memcpy(&pages, value.mv_data, sizeof pages);
                j->held_back.upto = txn;
                j->held_back.pages += pages;
                rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        }
        return rc == MDB_NOTFOUND ? 0 : journal_error(rc);
}

/* Each transaction leaves in LMDB's free list, under its number, the pages that it freed: those of the oldest one that
 * is read, and of all later ones, can still be seen. Counted as they come, so that a backup of an hour costs no more.
 * Who reads the newest state holds nothing back: what its transaction freed is of use to nobody before the next one.
 */
int journal_held_back(struct journal *j, MDB_txn *txn) {
        struct listing list = { .oldest = UINT64_MAX };
        MDB_cursor *cursor;
        int r;

        if (mdb_reader_list(j->env, on_line, &list) < 0)
                return -EIO;
        if (list.oldest >= mdb_txn_id(txn)) {
                j->held_back = (struct journal_held_back){ 0 };
                return 0;
        }
        r = journal_error(mdb_cursor_open(txn, FREE_LIST, &cursor));
        if (r)
                return r;
        if (list.oldest != j->held_back.oldest)
                j->held_back = (struct journal_held_back){ .oldest = list.oldest, .upto = list.oldest - 1 };
        r = count_freed(j, cursor);
        mdb_cursor_close(cursor);
        return r;
}

int journal_reader_check(struct journal *j) {
        struct listing list = { .j = j, .oldest = UINT64_MAX };
        MDB_envinfo info;
        int dead = 0, rc = mdb_reader_check(j->env, &dead);

        if (!rc)
                rc = mdb_env_info(j->env, &info);
        if (rc)
                return journal_error(rc);
        list.newest = info.me_last_txnid;
        if (mdb_reader_list(j->env, on_line, &list) < 0)
                return -EIO;
        for (size_t i = 0; i < list.n_found; i++)
                if (clock_boot() - list.found[i].since >= LAG_MAX)
                        (void)kill(list.found[i].pid, SIGKILL); /* not permitted: told by the fill */
        memcpy(j->laggards, list.found, sizeof list.found);
        j->n_laggards = list.n_found;
        return 0;
}

/* --- status --- */

static int status_counts(struct journal *j, MDB_txn *txn, struct journal_status *s) {
        uint64_t *const counts[] = { &s->inputs, &s->outputs, &s->live };
        uint64_t trimmed, used;
        int r = journal_ends(j, txn, &s->head, &s->tail, &trimmed);

        if (!r)
                r = journal_used_pages(j, txn, &used);
        for (size_t i = 0; !r && i < 3; i++) {
                MDB_stat stat;

                r = journal_error(mdb_stat(txn, j->dbi[i], &stat));
                if (!r)
                        *counts[i] = stat.ms_entries;
        }
        if (r)
                return r;
        s->used_bytes = used * j->page;
        s->free_bytes = s->map_bytes > s->used_bytes ? s->map_bytes - s->used_bytes : 0;
        return 0;
}

int journal_status(struct journal *j, struct journal_status *ret) {
        struct journal_status s = { .readers_max = 0 };
        struct listing list = { .j = NULL };
        MDB_envinfo info;
        struct stat st;
        MDB_txn *txn;
        int fd, r;

        r = journal_error(mdb_env_info(j->env, &info));
        if (r)
                return r;
        if (mdb_env_get_fd(j->env, &fd) || fstat(fd, &st) < 0)
                return -EIO;
        (void)mdb_reader_list(j->env, on_line, &list);
        s.map_bytes = info.me_mapsize;
        s.disk_bytes = (uint64_t)st.st_blocks * 512;
        s.readers = list.readers;
        s.readers_max = info.me_maxreaders;
        memcpy(s.id, j->id, sizeof s.id);
        r = journal_snapshot(j, &txn);
        if (r)
                return r;
        r = status_counts(j, txn, &s);
        mdb_txn_abort(txn);
        if (!r)
                *ret = s;
        return r;
}
