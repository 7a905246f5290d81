#include "lived.h"
#include "config/bundle.h"
#include "config/config.h"

#include <malloc.h>
#include <stdio.h>

#define BATCH 1000 /* inputs in a transaction */

void lived_fail(const char *what, int r) {
        (void)fprintf(stderr, "%s: %d\n", what, r);
        exit(1);
}

static int on_output(void *userdata, const struct ww_output *output) {
        struct lived *l = userdata;
        int r;

        buf_reset(&l->scratch);
        r = ww_output_encode(output, &l->scratch);
        r = r ? r : journal_put_output(l->journal, output->seq, output->n, buf_str(&l->scratch));
        return r || !l->output ? r : l->output(l->userdata, output);
}

static int on_live_change(void *userdata, uint64_t key) {
        struct lived *l = userdata;

        if (l->n_changed == l->changed_capacity) {
                size_t capacity = l->changed_capacity ? l->changed_capacity * 2 : 1024;
                uint64_t *grown = reallocarray(l->changed, capacity, sizeof *grown);

                if (!grown)
                        return -ENOMEM;
                l->changed = grown;
                l->changed_capacity = capacity;
        }
        l->changed[l->n_changed++] = key;
        return 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return on_live_change(userdata, alarm->id);
}

static int encode_change(void *userdata, const struct ww_change *change) {
        struct lived *l = userdata;

        return ww_change_encode(change, &l->scratch);
}

static int encode_live(struct lived *l, uint64_t key) {
        const struct ww_alarm *alarm;

        buf_reset(&l->scratch);
        if (ww_change_key_subject(key))
                return response_find(pipeline_response(l->pipeline), key, encode_change, l);
        alarm = alarms_find(pipeline_alarms(l->pipeline), key);
        return alarm ? ww_alarm_encode(alarm, &l->scratch) : -ENOENT;
}

static int put_live(struct lived *l, uint64_t key) {
        int r = encode_live(l, key);

        if (r == -ENOENT)
                return journal_delete_live(l->journal, key);
        return r ? r : journal_put_live(l->journal, key, buf_str(&l->scratch));
}

static void commit(struct lived *l) {
        int r = 0;

        for (size_t i = 0; i < l->n_changed && !r; i++)
                r = put_live(l, l->changed[i]);
        if (!r)
                r = journal_commit(l->journal);
        if (r)
                lived_fail("commit", r);
        l->n_changed = l->in_batch = 0;
}

void lived_append(struct lived *l, struct ww_input input) {
        int r = l->in_batch ? 0 : journal_begin(l->journal);

        input.seq = ++l->seq;
        input.received = input.time;
        buf_reset(&l->scratch);
        r = r ? r : ww_input_encode(&input, &l->scratch);
        r = r ? r : journal_put_input(l->journal, input.seq, buf_str(&l->scratch));
        r = r ? r : pipeline_input(l->pipeline, &input);
        if (r)
                lived_fail("append", r);
        if (++l->in_batch == BATCH)
                commit(l);
}

/* as the engine's clock does */
void lived_until(struct lived *l, int64_t time) {
        for (int64_t due; (due = pipeline_deadline(l->pipeline)) < time;)
                lived_append(l, (struct ww_input){ .type = WW_INPUT_TIME, .time = due });
}

void lived_begin(struct lived *l, const char *file, int64_t start) {
        const struct pipeline_sink sink = {
                .userdata = l, .output = on_output, .live = on_live, .live_change = on_live_change
        };
        struct config config = { 0 };
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        _cleanup_buf_ struct buf text = BUF_INIT, told = BUF_INIT;
        int r = config_load(&config, file, &diag);

        r = r ? r : config_bundle(&config, &bundle, &diag);
        r = r ? r : bundle_encode(&bundle, &text);
        r = r ? r : ruleset_compile(&ruleset, &bundle, false, &diag);
        diag_render(&diag, &told);
        (void)fprintf(stderr, "%.*s", WW_STR_ARG(buf_str(&told)));
        if (!r)
                r = journal_open(&l->journal, &(struct journal_options){ .dir = config.state.dir,
                                                                         .size = config.journal.size,
                                                                         .writer = true });
        r = r ? r : pipeline_new(&l->pipeline, ruleset, start, &sink);
        if (r)
                lived_fail("begin", r);
        lived_append(l, (struct ww_input){ .type = WW_INPUT_RELOAD, .time = start, .payload = buf_str(&text) });
        diag_deinit(&diag);
        config_deinit(&config);
}

size_t lived_memory(void) {
        struct mallinfo2 info = mallinfo2();

        return info.uordblks + info.hblkhd;
}

void lived_end(struct lived *l) {
        if (l->in_batch)
                commit(l);
        pipeline_free(l->pipeline);
        journal_close(l->journal);
        buf_deinit(&l->scratch);
        free(l->changed);
}
