/*
 * Which version took what. A replay concludes again what was concluded when its inputs were taken, and only the code
 * that took them is sure to conclude the same. Meta "writer" says who took the newest inputs: a version, the first
 * input that it took, and the version before it.
 *
 *     nothing to replay (an orderly stop leaves a snapshot at the head)   any version goes on
 *     all that is to be replayed was taken by this version                replayed
 *     some was taken by another one                                       replayed, and compared as always: if every
 *                                                                         output is as written, it goes on and says so;
 *                                                                         if one differs, it does not start, unless it
 *                                                                         was told to (--replay-other-version)
 */
#include "engine_internal.h"

#include "base/log.h"
#include "version.h"

#include <inttypes.h>
#include <stdio.h>

static void text_put(char *to, size_t n, struct ww_str text) {
        (void)snprintf(to, n, "%.*s", WW_STR_ARG(text));
}

/* Nothing, if it was never written or is not what was written: then the snapshot alone says who took what. */
static void writer_load(struct engine *e) {
        struct engine_writer *w = &e->writer;
        _cleanup_buf_ struct buf value = BUF_INIT;
        struct ww_str version, before;
        struct rd in;

        *w = (struct engine_writer){ .version = "" };
        if (journal_get_meta(e->journal, "writer", &value))
                return;
        in = rd_init(buf_str(&value));
        w->from = rd_u64(&in);
        in.failed |= rd_u64(&in) != ~w->from;
        version = rd_str(&in);
        before = rd_str(&in);
        if (in.failed)
                return;
        text_put(w->version, sizeof w->version, version);
        text_put(w->before, sizeof w->before, before);
}

static int writer_put(struct engine *e) {
        _cleanup_buf_ struct buf value = BUF_INIT;

        buf_put_u64(&value, e->writer.from);
        buf_put_u64(&value, ~e->writer.from);
        buf_put_str(&value, ww_str(e->writer.version));
        buf_put_str(&value, ww_str(e->writer.before));
        return value.error ? value.error : journal_put_meta(e->journal, "writer", buf_str(&value));
}

/* Another version that took one of the inputs from `from` on; "" = none did, as far as known. */
static const char *other_writer(const struct engine *e, uint64_t from, const struct snapshot_head *snapshot) {
        const struct engine_writer *w = &e->writer;

        if (from > journal_head(e->journal))
                return "";
        if (!w->version[0])
                return snapshot->seq && strcmp(snapshot->version, version_running()) != 0 ? snapshot->version : "";
        if (strcmp(w->version, version_running()) != 0)
                return w->version;
        return from < w->from && strcmp(w->before, version_running()) != 0 ? w->before : "";
}

void engine_version_look(struct engine *e, uint64_t from, const struct snapshot_head *snapshot) {
        writer_load(e);
        text_put(e->other_version, sizeof e->other_version, ww_str(other_writer(e, from, snapshot)));
        if (snapshot->seq && strcmp(snapshot->version, version_running()) != 0)
                e->snapshot_wanted = true; /* one of our own, soon */
        if (!e->writer.version[0] && snapshot->seq)
                text_put(e->writer.version, sizeof e->writer.version, ww_str(snapshot->version));
}

int engine_version_judge(struct engine *e) {
        if (!e->other_version[0] || !e->replay_differs || e->options.replay_other_version)
                return 0;
        log_error("other-version", e->other_version,
                  "the last %" PRIu64 " inputs were taken by version %s, and version %s concludes something else from "
                  "them (%" PRIu64 " outputs, the first at input %" PRIu64 "): it does not start",
                  e->replayed, e->other_version, version_running(), e->replay_differs, e->replay_first);
        log_error("other-version", e->other_version,
                  "start version %s once and stop it in order; then version %s goes on from where it stopped. In an "
                  "emergency `wardwatch run --replay-other-version` goes on with what version %s concludes, and raises "
                  "the alarm replay-differs",
                  e->other_version, version_running(), version_running());
        return -ECANCELED;
}

void engine_version_unreadable(const struct engine *e, const struct snapshot_head *head) {
        log_error("other-version", head->version,
                  "snapshot %" PRIu64 " was written by version %s, and version %s cannot take it over: its form is "
                  "another, or its rules are refused; it does not start, and nothing was changed",
                  head->seq, head->version, version_running());
        log_error("other-version", head->version,
                  "start version %s again; if its rules are refused here (`wardwatch check`), mend and reload them "
                  "there, and stop it in order. In an emergency `wardwatch run --replay-other-version` starts from an "
                  "older snapshot, or from the journal alone: alarms that are older are lost",
                  head->version);
}

int engine_version_claim(struct engine *e) {
        struct engine_writer *w = &e->writer;
        bool known = w->version[0];
        char before[sizeof w->version];

        if (known && strcmp(w->version, version_running()) == 0 && w->from)
                return 0;
        text_put(before, sizeof before, ww_str(w->version));
        *w = (struct engine_writer){ .from = e->seq + 1 };
        text_put(w->version, sizeof w->version, ww_str(version_running()));
        text_put(w->before, sizeof w->before, ww_str(before));
        if (known && strcmp(before, version_running()) != 0)
                engine_say(e, "version-changed", NULL,
                           "version %s goes on after input %" PRIu64 " of version %s; %" PRIu64
                           " inputs replayed, %" PRIu64 " outputs differ",
                           version_running(), e->seq, before, e->replayed, e->replay_differs);
        engine_begin(e);
        return writer_put(e);
}
