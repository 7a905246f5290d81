/* `wardwatch explain NOTICE`: what the system has to say about itself, and what to do. */
#include "command/explain.h"

#include "command/command_internal.h"
#include "notices.h"

#include <ctype.h>
#include <stdio.h>

static const struct notice_kind *notice_named(const char *name) {
        const struct notice_kind *kind = notice_of_rule(ww_str(name));

        return kind ? kind : notice_find(ww_str(name));
}

/* The notice that ends what this one begins, NULL = none. */
static const struct notice_kind *notice_end(const struct notice_kind *kind) {
        for (size_t i = 0; kind->form == NOTICE_BEGINS && i < notice_kinds_n; i++) {
                if (notice_kinds[i].form == NOTICE_ENDS && strcmp(notice_kinds[i].rule, kind->rule) == 0)
                        return &notice_kinds[i];
        }
        return NULL;
}

/* "An alarm of high priority, until `intake-back`." */
static void put_form(const struct notice_kind *kind, struct buf *out) {
        const struct notice_kind *end = notice_end(kind);

        if (kind->form == NOTICE_RECORD)
                buf_puts(out, "A line in the record; no alarm.");
        else if (end)
                buf_printf(out, "An alarm of %s priority (rule `%s`), until `%s`.", ww_priority_name(kind->priority),
                           kind->rule, end->name);
        else
                buf_printf(out, "An alarm of %s priority (rule `%s`), until somebody resets it.",
                           ww_priority_name(kind->priority), kind->rule);
}

static void put_actions(const char *act, const char *bullet, struct buf *out) {
        while (*act) {
                size_t n = strcspn(act, "\n");

                buf_printf(out, "%s%.*s\n", bullet, (int)n, act);
                act += n + (act[n] == '\n');
        }
}

static void put_section(const struct notice_kind *kind, const struct notice_advice *advice, struct buf *out) {
        buf_printf(out, "### %s\n\n**%s.** ", advice->name, kind->title);
        put_form(kind, out);
        buf_printf(out, "\n\n%s\n\n", advice->means);
        put_actions(advice->act, "- ", out);
        buf_puts(out, "\n");
}

void explain_notices(struct buf *out) {
        for (size_t i = 0; i < notice_advices_n; i++) {
                const struct notice_kind *kind = notice_find(ww_str(notice_advices[i].name));

                if (kind)
                        put_section(kind, &notice_advices[i], out);
        }
}

bool explain_notice(const char *name, struct buf *out) {
        const struct notice_kind *kind = notice_named(name);
        const struct notice_advice *advice = kind ? notice_advice(kind) : NULL;

        if (!advice)
                return false;
        if (kind->form == NOTICE_ENDS)
                kind = notice_of_rule(ww_str(kind->rule));
        buf_printf(out, "%s: %s\n", advice->name, kind->title);
        put_form(kind, out);
        buf_printf(out, "\n\n%s\n\n", advice->means);
        put_actions(advice->act, "  - ", out);
        buf_puts(out, "\nMore: man wardwatch-operations\n");
        return true;
}
