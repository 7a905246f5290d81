/* A journal that had to be salvaged, or lost its beginning: what is told, and what is written anew. */
#include "engine_internal.h"

#include "alarm/alarm.h"

#include <stdio.h>

static int engine_note_subject(void *userdata, const struct ww_change *change) {
        return engine_turn_changed(userdata, ww_change_key(change->subject, change->id));
}

/* `live` may hold what the state does not know, and lack others: every one is written anew. */
static int engine_rewrite_live(struct engine *e) {
        struct journal_batch batch = { 0 };
        int r = journal_read_live(e->journal, &batch);

        if (r == JOURNAL_E_DAMAGED)
                engine_fatal("the journal is damaged", -EUCLEAN);
        for (size_t i = 0; !r && i < batch.n; i++)
                r = engine_turn_changed(e, batch.items[i].seq);
        journal_batch_deinit(&batch);
        if (!r)
                r = alarms_each(pipeline_alarms(e->pipeline), engine_turn_live, e);
        return r ? r : pipeline_subjects_each(e->pipeline, 0, engine_note_subject, e);
}

/* The alarm about it, and the mark that it was raised, are one transaction. */
int engine_recover_salvaged(struct engine *e) {
        _cleanup_free_ char *words = strndup(e->salvaged.p ? (char *)e->salvaged.p : "", e->salvaged.n);
        int r;

        if (!words)
                return -ENOMEM;
        if (!*words && !e->rebuilt)
                return e->replay_differs ? engine_rewrite_live(e) : 0; /* readers see what the engine knows */
        e->snapshot_wanted = true;
        r = engine_append_notice(e, "journal-damaged", 0,
                                 *words ? words : "no snapshot can be read: the state begins with the oldest record");
        if (!r && e->predecessor[0])
                r = journal_put_meta(e->journal, JOURNAL_META_PREDECESSOR, ww_str(e->predecessor));
        if (!r)
                r = journal_put_meta(e->journal, JOURNAL_META_SALVAGE, WW_STR_NONE);
        return r ? r : engine_rewrite_live(e);
}

int engine_load_salvaged(struct engine *e) {
        _cleanup_buf_ struct buf id = BUF_INIT;
        int r = journal_get_meta(e->journal, JOURNAL_META_SALVAGE, &e->salvaged);

        if (!r || r == -ENOENT)
                r = journal_get_meta(e->journal, JOURNAL_META_PREDECESSOR, &id);
        (void)snprintf(e->predecessor, sizeof e->predecessor, "%.*s", WW_STR_ARG(buf_str(&id)));
        return r == -ENOENT ? 0 : r;
}
