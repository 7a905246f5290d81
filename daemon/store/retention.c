#include "store/retention.h"

#include "base/log.h"
#include "store/retention_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wardwatch/time.h>

#define TRIES         4       /* while others are in the way: rows wait meanwhile */
#define NOT_PERMITTED "42501" /* below the least; or the login is no writer */

static const struct {
        const char *class;
        size_t at;
} classes[] = {
        { "raw", offsetof(struct config, retention.raw) },
        { "events", offsetof(struct config, retention.events) },
        { "alarms", offsetof(struct config, retention.alarms) },
        { "acts", offsetof(struct config, retention.acts) },
        { "system", offsetof(struct config, retention.system) },
};

size_t retention_classes(void) {
        return sizeof classes / sizeof *classes;
}

const char *retention_class_name(size_t i) {
        return classes[i].class;
}

int retention_set_class(struct wire *w, const struct config *config, size_t i) {
        int64_t keep = *(const int64_t *)((const char *)config + classes[i].at);
        char span[64];
        const char *const values[] = { classes[i].class, keep ? span : NULL };

        (void)snprintf(span, sizeof span, "%" PRId64 " days %" PRId64 " microseconds", keep / WW_DAY, keep % WW_DAY);
        return wire_exec_params(w, "SELECT wardwatch.set_retention($1, $2::interval)", values, 2);
}

/* What the database refuses is the owner's word against the configuration's, and no trouble of the connection. */
static bool is_refused(struct wire *w, int e) {
        return e == WIRE_E_DATA || e == WIRE_E_RETRY || strcmp(wire_error(w)->sqlstate, NOT_PERMITTED) == 0;
}

int retention_set(struct wire *w, const struct config *config, size_t *ret_refused) {
        size_t refused = 0;

        for (size_t i = 0; i < retention_classes(); i++) {
                int e = retention_set_class(w, config, i);

                if (e && !is_refused(w, e))
                        return e;
                if (e) {
                        log_warning("retention-refused", classes[i].class, "%s", wire_error(w)->text);
                        refused++;
                }
        }
        *ret_refused = refused;
        return 0;
}

int retention_compact(struct wire *w, unsigned at_most, uint64_t *ret) {
        char sql[64];
        int e;

        (void)snprintf(sql, sizeof sql, "SELECT wardwatch.compact_proof(%u)", at_most);
        e = wire_exec_patiently(w, sql, TRIES);
        if (!e)
                *ret = strtoull(wire_value(w, 0, 0), NULL, 10);
        return e;
}

int retention_apply(struct wire *w, unsigned at_most, size_t *ret) {
        char sql[256];
        const char *last = "";
        size_t n = 0;
        int e;

        (void)snprintf(
                sql, sizeof sql,
                "SELECT partition, rows, coalesce(journal, 0) FROM wardwatch.apply_retention(%u) ORDER BY record",
                at_most);
        e = wire_exec_patiently(w, sql, TRIES);
        if (e)
                return is_refused(w, e) && e == WIRE_E_DOWN ? WIRE_E_DATA : e;
        for (size_t i = 0; i < wire_rows(w); i++) {
                const char *partition = wire_value(w, i, 0);

                log_notice("retention-dropped", partition, "its time is over: %s rows of journal %s",
                           wire_value(w, i, 1), wire_value(w, i, 2));
                n += strcmp(partition, last) != 0;
                last = partition;
        }
        *ret = n;
        return 0;
}
