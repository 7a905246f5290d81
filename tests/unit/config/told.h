#pragma once
/* What users are told of a text: what is wrong, where, and how it is put right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/diag.h"

struct told {
        const char *text;
        unsigned line, column; /* 0: the whole file */
        const char *message;   /* NULL = any */
        const char *help;      /* NULL = any */
};

/* One error, wherever warnings stand, and this one. */
static inline const struct diag_message *assert_told(const struct diag *d, const char *file, const struct told *t) {
        const struct diag_message *m = d->messages;

        if (d->errors != 1)
                fail_msg("`%s`: %zu errors", t->text, d->errors);
        while (m->level == DIAG_WARNING)
                m++;
        if (m->pos.line != t->line || m->pos.column != t->column || (t->message && strcmp(m->text, t->message) != 0))
                fail_msg("`%s`: %u:%u %s", t->text, m->pos.line, m->pos.column, m->text);
        if (t->help && (!m->help || strcmp(m->help, t->help) != 0))
                fail_msg("`%s`: %s", t->text, m->help ? m->help : "no help");
        assert_true(ww_str_is(m->pos.file, file));
        return m;
}
