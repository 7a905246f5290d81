/* What stands in an export may come from whoever wants it to pass: it is text here, and no line or screen of ours. */
#include "command/verify_print.h"

#include "command/command_internal.h"
#include "command/plain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define TOLD_MAX 200 /* lines of a journal; --json tells all */

static const char covers[] =
        "What it does not show: that a device said the truth, or that what it said reached Wardwatch; that the "
        "machine\n"
        "was not in other hands when the rows were written; and, without checkpoints from outside the database, that\n"
        "the whole chain was not made anew, or cut off at its end, by somebody who owns the database. With them that\n"
        "remains open for what was stored since the newest one, and for a chain that was never published: the newest\n"
        "has to come from where the owner cannot reach it, and who verifies has to know that it is of today.\n";

static const char named_above[] = "What this shows: what is named above is not as the store wrote it.\n"
                                  "What it does not show: who did that, or when. A row is found by table, seq and n; "
                                  "how it was says an export or\n"
                                  "a backup that is older.\n";

/* [whole][only some rows]: what follows from it. */
static const char *const shows[2][2] = {
        { named_above, named_above },
        { "What this shows: the rows are those that the store wrote, none more, none less, none altered since.\n",
          "What this shows: the rows in it are as the store wrote them, not that it holds all that belong to it.\n" },
};

void verify_print_journal(const struct verify_print *p, const struct verify_journal *journal) {
        if (p->json)
                return;
        (void)printf("journal %" PRId32 " (", journal->journal);
        plain_put(journal->site);
        (void)fputs("), ", stdout);
        plain_put(journal->id);
        (void)putchar('\n');
}

static json_t *finding_json(const struct verify_finding *f) {
        json_t *o = json_pack("{s:s, s:i}", "found", verify_kind_name(f->kind), "journal", (int)f->journal);

        if (*f->relation)
                (void)json_object_set_new(o, "table", json_string(f->relation));
        if (f->segment)
                (void)json_object_set_new(o, "segment", json_integer((json_int_t)f->segment));
        if (f->place.seq)
                (void)json_object_update_new(o, json_pack("{s:I, s:I, s:I}", "seq", (json_int_t)f->place.seq, "n",
                                                          (json_int_t)f->place.n, "position",
                                                          (json_int_t)f->place.position));
        (void)json_object_set_new(o, "text", json_string(f->text));
        return o;
}

void verify_print_finding(struct verify_print *p, const struct verify_finding *f) {
        p->told++;
        if (p->json) {
                (void)command_put_json(finding_json(f), JSON_COMPACT);
                return;
        }
        if (p->told > TOLD_MAX)
                return;
        (void)printf("  %s: ", verify_kind_name(f->kind));
        if (f->segment && !f->place.seq)
                (void)printf("segment %" PRIu64 ": ", f->segment);
        plain_put(f->text);
        (void)putchar('\n');
}

void verify_print_note(const struct verify_print *p, const char *format, ...) {
        char text[400];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        if (p->json)
                (void)command_put_json(json_pack("{s:s}", "note", text), JSON_COMPACT);
        else
                (void)printf("  %s\n", text);
}

static void figures_json(const struct verify_journal *journal, const struct verify_figures *f, int64_t took) {
        json_t *rows = json_object(), *found = json_object();

        for (size_t i = 0; i < f->n_tables; i++)
                (void)json_object_set_new(rows, f->tables[i].relation, json_integer((json_int_t)f->tables[i].rows));
        for (int i = 0; i < VERIFY_KINDS_; i++) {
                if (f->found[i])
                        (void)json_object_set_new(found, verify_kind_name((enum verify_kind)i),
                                                  json_integer((json_int_t)f->found[i]));
        }
        (void)command_put_json(json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:f}", "journal",
                                         (int)journal->journal, "journal_id", journal->id, "segments",
                                         (json_int_t)f->segments, "first_seq", (json_int_t)f->first_seq, "last_seq",
                                         (json_int_t)f->last_seq, "dropped", (json_int_t)f->dropped, "removed",
                                         (json_int_t)f->removed, "rows", rows, "findings", found, "seconds",
                                         (double)took / WW_SECOND),
                               JSON_COMPACT);
}

void verify_print_figures(struct verify_print *p, const struct verify_journal *journal, const struct verify_figures *f,
                          int64_t took) {
        uint64_t rows = 0;

        if (p->json) {
                figures_json(journal, f, took);
                return;
        }
        if (p->told > TOLD_MAX)
                (void)printf("  … and %" PRIu64 " more; --json tells all\n", p->told - TOLD_MAX);
        for (size_t i = 0; i < f->n_tables; i++) {
                if (f->tables[i].rows > 0) {
                        (void)fputs("  ", stdout);
                        plain_put_column(f->tables[i].relation, 18);
                        (void)printf(" %12" PRIu64 " rows\n", f->tables[i].rows);
                }
                rows += f->tables[i].rows;
        }
        if (f->removed > 0)
                (void)printf("  %" PRIu64 " segments of which nothing is left are gone, as retention_record says\n",
                             f->removed);
        if (f->dropped > 0)
                (void)printf("  %" PRIu64 " rows were dropped when their time was over, as retention_record says\n",
                             f->dropped);
        (void)printf("  %" PRIu64 " segments, inputs %" PRIu64 " to %" PRIu64 ", %" PRIu64 " rows in %.1f s\n",
                     f->segments, f->first_seq, f->last_seq, rows, (double)took / WW_SECOND);
}

void verify_print_result(const struct verify_print *p, uint64_t findings, bool selected) {
        if (p->json) {
                (void)command_put_json(
                        json_pack("{s:b, s:I}", "whole", findings == 0, "findings", (json_int_t)findings),
                        JSON_COMPACT);
                return;
        }
        if (findings == 0)
                (void)printf("WHOLE: %s as it was stored.\n", selected ? "what is in it is" : "the record is");
        else
                (void)printf("NOT WHOLE: %" PRIu64 " finding%s; %s not as it was stored.\n", findings,
                             findings == 1 ? "" : "s", selected ? "what is in it is" : "the record is");
        (void)fputs(shows[findings == 0][selected], stdout);
        if (findings == 0)
                (void)fputs(covers, stdout);
}
