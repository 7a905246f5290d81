/*
 * The readers of the journal: how far each has come is told over the command socket and kept in the journal's meta, so
 * that a new engine does not trim what they still need.
 *
 * The store's cursor holds trimming back for ever: what PostgreSQL does not have is not deleted. The notifier's does so
 * only while there is room (ENGINE_FILL_KEEP): all that it has to tell is live, and needs no past.
 */
#include "engine_internal.h"

#include "base/reporters.h"

static bool wants_store(const struct config *config) {
        return config->database.url[0] != '\0';
}

static bool wants_notify(const struct config *config) {
        return config->notify.channels[0] != '\0';
}

static const struct {
        const char *name, *meta;
        bool (*wanted)(const struct config *config);
        bool yields;       /* when the map fills */
        unsigned reporter; /* who it is */
} readers[ENGINE_READERS] = {
        [ENGINE_READER_STORE] = { "store", "cursor.store", wants_store, false, REPORTER_STORE },
        [ENGINE_READER_NOTIFY] = { "notify", "cursor.notify", wants_notify, true, REPORTER_NOTIFY },
};

bool engine_reader_find(const char *name, enum engine_reader *ret) {
        for (enum engine_reader i = 0; name && i < ENGINE_READERS; i++)
                if (strcmp(readers[i].name, name) == 0) {
                        *ret = i;
                        return true;
                }
        return false;
}

unsigned engine_reader_reporters(enum engine_reader reader) {
        return readers[reader].reporter;
}

void engine_readers_load(struct engine *e) {
        for (enum engine_reader i = 0; i < ENGINE_READERS; i++) {
                struct buf cursor = BUF_INIT;

                if (journal_get_meta(e->journal, readers[i].meta, &cursor) == 0 && cursor.n == 8) {
                        struct rd in = rd_init(buf_str(&cursor));

                        e->cursors[i].seq = rd_u64(&in);
                }
                buf_deinit(&cursor);
        }
}

static void reader_put(struct engine *e, enum engine_reader reader) {
        struct buf value = BUF_INIT;
        int r;

        buf_put_u64(&value, e->cursors[reader].seq);
        r = value.error ? value.error : journal_put_meta(e->journal, readers[reader].meta, buf_str(&value));
        buf_deinit(&value);
        if (r)
                engine_fatal("cannot write a cursor", r);
        e->cursors[reader].dirty = false;
}

void engine_readers_put(struct engine *e) {
        for (enum engine_reader i = 0; i < ENGINE_READERS; i++)
                if (e->cursors[i].dirty)
                        reader_put(e, i);
}

uint64_t engine_readers_limit(const struct engine *e, uint64_t limit, double fill) {
        for (enum engine_reader i = 0; i < ENGINE_READERS; i++) {
                if (!readers[i].wanted(e->config) || (readers[i].yields && fill >= ENGINE_FILL_KEEP))
                        continue;
                if (e->cursors[i].seq < limit)
                        limit = e->cursors[i].seq;
        }
        return limit;
}
