/* The inputs of a journal, beside the engine that writes it. They are read in batches, so that no transaction stays
 * open while somebody looks at them. */
#include "command/sensors.h"

#include "journal/journal.h"

#define BATCH_INPUTS 2000
#define BATCH_BYTES  ((size_t)1 << 20)

struct reader {
        struct journal *j;
        struct journal_batch batch;
        size_t at;
        uint64_t next;
        int64_t from, to;
};

static void reader_close(void *userdata) {
        struct reader *r = userdata;

        journal_batch_deinit(&r->batch);
        journal_close(r->j);
        free(r);
}

/* What is damaged, or was trimmed meanwhile, is not there. */
static int reader_fill(struct reader *r) {
        int e = r->next ? journal_read(r->j, r->next, BATCH_INPUTS, BATCH_BYTES, &r->batch) : 0;

        r->at = 0;
        if (e || !r->next || !r->batch.n)
                return e < 0 ? e : REPLAY_E_END;
        r->next = r->batch.items[r->batch.n - 1].seq + 1;
        return 0;
}

static int reader_next(void *userdata, struct ww_input *ret) {
        struct reader *r = userdata;

        for (;;) {
                const struct journal_item *item;
                int e = r->at < r->batch.n ? 0 : reader_fill(r);

                if (e)
                        return e;
                item = &r->batch.items[r->at++];
                if (item->output || ww_input_decode(item->record, item->seq, ret))
                        continue;
                if (ret->time >= r->to)
                        return REPLAY_E_END;
                if (ret->time >= r->from)
                        return 0;
        }
}

int sensors_journal_open(struct replay_source *ret, const char *dir, int64_t from, int64_t to) {
        const struct journal_options options = { .dir = dir };
        struct reader *r = calloc(1, sizeof *r);
        int e = r ? 0 : -ENOMEM;

        if (e)
                return e;
        if (journal_open(&r->j, &options)) { /* none, or somebody else's */
                free(r);
                return REPLAY_E_END;
        }
        r->from = from;
        r->to = to;
        r->next = journal_tail(r->j);
        if (r->next && from != WW_TIME_NONE)
                e = journal_find_time(r->j, from, &r->next);
        if (e) {
                reader_close(r);
                return e < 0 ? e : REPLAY_E_END;
        }
        *ret = (struct replay_source){ r, reader_next, NULL, reader_close, from, NULL };
        return 0;
}
