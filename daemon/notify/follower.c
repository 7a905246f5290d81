#include "notify/follower.h"

#include "base/log.h"
#include "base/metrics.h"
#include "journal/journal.h"

#include <event2/event.h>
#include <sys/stat.h>
#include <wardwatch/record.h>
#include <wardwatch/time.h>

#define READ_INPUTS 2000
#define READ_BYTES  (1024 * 1024) /* of records in one turn of the loop */
#define RECORD_TYPE 2             /* place of the type in a record's head */

struct follower {
        const struct config *config;
        struct follower_handlers handlers;
        struct journal *journal;
        struct journal_batch read;
        struct arena arena;
        struct event *turn; /* once a second, and when there is something to read */
        ino_t inode;
        int refused;                 /* why the journal could not be opened, told once */
        uint64_t cursor, told, gate; /* gate: head when what is live was read */
        bool begun;
        uint64_t lives, changes;
};

static void follower_soon(struct follower *f) {
        event_active(f->turn, EV_TIMEOUT, 0);
}

/* --- what is live --- */

static void live_item(struct follower *f, const struct journal_item *item) {
        struct ww_change change;

        if (ww_change_key_subject(item->seq) != WW_SUBJECT_NOTIFICATION)
                return;
        if (ww_change_decode(item->record, &change) == 0)
                f->handlers.change(f->handlers.userdata, &change);
}

static int follower_live(struct follower *f) {
        uint64_t head = journal_head(f->journal);
        int r = journal_read_live(f->journal, &f->read);

        if (r)
                return r;
        f->handlers.live_begin(f->handlers.userdata);
        for (size_t i = 0; i < f->read.n; i++)
                live_item(f, &f->read.items[i]);
        f->handlers.live_end(f->handlers.userdata);
        f->cursor = head; /* what came between the two is read once more: the same change twice is no harm */
        f->gate = journal_head(f->journal);
        f->begun = true;
        f->lives++;
        return 0;
}

/* --- what comes --- */

static void follow_item(struct follower *f, const struct journal_item *item) {
        struct ww_output output;

        f->cursor = item->seq > f->cursor ? item->seq : f->cursor;
        /* most records are events: those are not even decoded */
        if (!item->output || item->record.n < WW_RECORD_HEAD ||
            (unsigned char)item->record.p[RECORD_TYPE] != WW_OUTPUT_CHANGE)
                return;
        if (ww_output_decode(item->record, item->seq, item->n, &f->arena, &output) == 0 &&
            output.change.subject == WW_SUBJECT_NOTIFICATION) {
                f->changes++;
                f->handlers.change(f->handlers.userdata, &output.change);
        }
        arena_reset(&f->arena);
}

/* 0; 1: there is more to read; JOURNAL_E_*, -errno. */
static int follower_read(struct follower *f) {
        uint64_t head = journal_head(f->journal);
        int r;

        if (f->told < head)
                head = f->told;
        if (head <= f->cursor)
                return 0;
        r = journal_read(f->journal, f->cursor + 1, READ_INPUTS, READ_BYTES, &f->read);
        if (r == JOURNAL_E_TRIMMED)
                return follower_live(f);
        if (r)
                return r < 0 ? r : -EIO;
        for (size_t i = 0; i < f->read.n && f->read.items[i].seq <= head; i++)
                follow_item(f, &f->read.items[i]);
        if (f->read.n == 0)
                f->cursor = head; /* numbers that stand for nothing */
        return f->cursor < head;
}

/* --- the journal --- */

static bool follower_stat(const struct follower *f, struct stat *st) {
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/journal/data.mdb", f->config->state.dir);
        return stat(path, st) == 0;
}

static int follower_open(struct follower *f) {
        const struct journal_options options = { .dir = f->config->state.dir,
                                                 .size = (uint64_t)f->config->journal.size,
                                                 .trusting = true };
        struct stat st;
        int r = journal_open(&f->journal, &options);

        if (r && r != f->refused)
                log_warning("journal-absent", NULL, "the journal in %s cannot be opened yet: %s", f->config->state.dir,
                            r < 0 ? strerror(-r) : journal_refusal(r));
        f->refused = r;
        if (r)
                return r;
        if (follower_stat(f, &st))
                f->inode = st.st_ino;
        return 0;
}

static bool follower_replaced(const struct follower *f) {
        struct stat st;

        return f->inode && follower_stat(f, &st) && st.st_ino != f->inode;
}

static void on_turn(evutil_socket_t fd, short events, void *userdata) {
        struct follower *f = userdata;
        int r = f->journal ? 0 : follower_open(f);

        (void)fd;
        (void)events;
        if (r && r != -EACCES)
                return;
        /* a folder that came after the sandbox is closed to us: it knows the one that stood there before */
        if (r || follower_replaced(f)) {
                f->handlers.replaced(f->handlers.userdata);
                return;
        }
        if (!f->begun)
                r = follower_live(f);
        if (!r)
                r = follower_read(f);
        if (r == -ESTALE)
                f->handlers.replaced(f->handlers.userdata);
        else if (r < 0 || r > 1)
                log_warning("journal-unread", NULL, "%s; it is tried again", r < 0 ? strerror(-r) : "it is damaged");
        else if (r == 1)
                follower_soon(f);
        f->handlers.moved(f->handlers.userdata);
}

/* --- life --- */

int follower_new(struct follower **ret, struct event_base *base, const struct config *config,
                 const struct follower_handlers *handlers) {
        _cleanup_(follower_freep) struct follower *f = calloc(1, sizeof *f);
        const struct timeval second = { .tv_sec = 1 };

        if (!f)
                return -ENOMEM;
        f->config = config;
        f->handlers = *handlers;
        f->turn = event_new(base, -1, EV_PERSIST, on_turn, f);
        if (!f->turn || event_add(f->turn, &second) != 0)
                return -ENOMEM;
        follower_soon(f);
        *ret = f;
        f = NULL;
        return 0;
}

struct follower *follower_free(struct follower *f) {
        if (!f)
                return NULL;
        if (f->turn)
                event_free(f->turn);
        journal_batch_deinit(&f->read);
        arena_deinit(&f->arena);
        journal_close(f->journal);
        free(f);
        return NULL;
}

void follower_head(struct follower *f, uint64_t head) {
        f->told = head > f->told ? head : f->told;
        follower_soon(f);
}

void follower_again(struct follower *f) {
        f->begun = false;
        follower_soon(f);
}

bool follower_safe(const struct follower *f) {
        return f->begun && f->told >= f->gate;
}

bool follower_position(const struct follower *f, uint64_t *ret_seq) {
        *ret_seq = f->cursor;
        return f->begun;
}

void follower_metrics(const struct follower *f, struct metrics *m) {
        uint64_t head = f->told > f->cursor ? f->told : f->cursor;

        metrics_put(m, METRICS_NOTIFY_CURSOR, (double)f->cursor);
        metrics_put(m, METRICS_NOTIFY_LAG, (double)(head - f->cursor));
}
