#include "report/question.h"

#include "base/diag.h"
#include "report/questions.h"

#include <string.h>

#define QUESTIONS_MAX 100
#define COLUMNS       118

/* clang-format off */
const struct question_param_row question_params[QUESTION_PARAMS] = {
        [QUESTION_FROM] = { "from", "timestamptz", "TIME", "", "2026-01-01",
                "from this time on, included: 2026-01-31T22:00Z, yesterday, or 8h before the end" },
        [QUESTION_TO] = { "to", "timestamptz", "TIME", "now()", "2026-02-01",
                "up to this time, not included: 2026-01-31T22:00Z, or 8h ago; now unless given" },
        [QUESTION_AT] = { "at", "timestamptz", "TIME", "now()", "2026-01-31 22:00",
                "at this moment: 2026-01-31T22:00Z, yesterday, or 8h ago; now unless given" },
        [QUESTION_ZONE] = { "zone", "text", "ZONE", "''", "",
                "in this zone and all that lie in it; everywhere unless given" },
        [QUESTION_HAZARD] = { "hazard", "text", "HAZARD", "''", "",
                "of this hazard (fire, theft …); all unless given" },
        [QUESTION_OPERATOR] = { "operator", "text", "NAME", "''", "",
                "of this person, by name; everybody unless given" },
        [QUESTION_RULE] = { "rule", "text", "RULE", "''", "",
                "of this rule; all unless given" },
        [QUESTION_DEVICE] = { "device", "text", "DEVICE", "''", "",
                "of this device; all unless given" },
        [QUESTION_JOURNAL] = { "journal", "integer", "N", "(SELECT max(journal) FROM journal)", "1",
                "of this journal; the newest unless given" },
        [QUESTION_ALARM] = { "alarm", "bigint", "N", NULL, "17",
                "the alarm's number" },
        [QUESTION_INCIDENT] = { "incident", "bigint", "N", NULL, "3",
                "the incident's number" },
        [QUESTION_RECORD] = { "record", "text", "NUMBER", "''", "",
                "of this record, by its number (EV-2026-1); all unless given" },
        [QUESTION_LIMIT] = { "limit", "bigint", "N", "1000", "1000",
                "rows at most; 1000 unless given" },
};
/* clang-format on */

static const struct question *const parts[] = { questions_alarm, questions_people, questions_duty, questions_record,
                                                questions_figure };

const struct question *question_at(size_t index) {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                for (const struct question *q = parts[i]; q->name; q++)
                        if (index-- == 0)
                                return q;
        return NULL;
}

const struct question *question_find(const char *name) {
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++)
                if (strcmp(q->name, name) == 0)
                        return q;
        return NULL;
}

const char *question_suggest(const char *name) {
        const char *names[QUESTIONS_MAX];
        const struct question *q;
        size_t n = 0;

        while (n < QUESTIONS_MAX && (q = question_at(n)))
                names[n++] = q->name;
        return diag_suggest(ww_str(name), names, n);
}

enum question_param question_param_find(const char *name) {
        int i = 0;

        while (i < QUESTION_PARAMS && strcmp(question_params[i].name, name) != 0)
                i++;
        return (enum question_param)i;
}

/* The next :'name' at or behind `sql`: where it begins and how long it is; NULL: none. */
static const char *param_next(const char *sql, enum question_param *ret, size_t *ret_n) {
        for (const char *at = strstr(sql, ":'"); at; at = strstr(at + 2, ":'")) {
                size_t n = strcspn(at + 2, "'");

                for (int i = 0; i < QUESTION_PARAMS; i++)
                        if (strlen(question_params[i].name) == n && memcmp(question_params[i].name, at + 2, n) == 0) {
                                *ret = (enum question_param)i;
                                *ret_n = n + 3;
                                return at;
                        }
        }
        return NULL;
}

bool question_is_audit(const struct question *q) {
        static const char *const sources[] = { "command_answered", "access_log", "FROM login",
                                               "'credentials-changed' AND" };

        for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
                if (strstr(q->sql, sources[i]))
                        return true;
        return false;
}

bool question_uses(const struct question *q, enum question_param param) {
        enum question_param found;
        const char *at = q->sql;
        size_t n;

        while ((at = param_next(at, &found, &n))) {
                if (found == param)
                        return true;
                at += n;
        }
        return false;
}

struct composition {
        const struct question *q;
        const char *const *values;
        struct buf *out;
        const char **ret_values;
        size_t n, places[QUESTION_PARAMS]; /* 0 = has no $N yet */
};

static void put_param(struct composition *c, enum question_param p) {
        const struct question_param_row *row = &question_params[p];

        if (c->values[p]) {
                if (!c->places[p]) {
                        c->ret_values[c->n] = c->values[p];
                        c->places[p] = ++c->n;
                }
                buf_printf(c->out, "$%zu::%s", c->places[p], row->type);
        } else if (p == QUESTION_FROM) {
                buf_puts(c->out, "(");
                put_param(c, QUESTION_TO);
                buf_printf(c->out, " - interval '%s')", c->q->span ? c->q->span : QUESTION_SPAN);
        } else {
                buf_printf(c->out, "%s::%s", row->fallback, row->type);
        }
}

int question_compose(const struct question *q, const char *const values[QUESTION_PARAMS], struct buf *out,
                     const char *ret_values[QUESTION_PARAMS], size_t *ret_n, enum question_param *ret_missing) {
        struct composition c = { .q = q, .values = values, .out = out, .ret_values = ret_values };
        const char *sql = q->sql, *at;
        enum question_param p;
        size_t n;

        for (; (at = param_next(sql, &p, &n)); sql = at + n) {
                if (!values[p] && !question_params[p].fallback) {
                        *ret_missing = p;
                        return QUESTION_E_MISSING;
                }
                buf_put(out, sql, (size_t)(at - sql));
                put_param(&c, p);
        }
        buf_puts(out, sql);
        buf_put_u8(out, 0);
        *ret_n = c.n;
        return out->error;
}

/* Words in lines, each a comment. */
static void put_comment(const char *text, struct buf *out) {
        size_t column = 0;

        while (*text) {
                size_t word = strcspn(text, " ");

                if (column && column + 1 + word > COLUMNS) {
                        buf_puts(out, "\n");
                        column = 0;
                }
                buf_puts(out, column ? " " : "-- ");
                buf_put(out, text, word);
                column += word + (column ? 1 : 3);
                text += word;
                text += strspn(text, " ");
        }
}

void question_print_sql(const struct question *q, struct buf *out) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_printf(&text, "%s%s%s (%s)", q->title, *q->answers ? " " : "", q->answers, q->name);
        buf_put_u8(&text, 0);
        if (!text.error)
                put_comment((const char *)text.p, out);
        buf_printf(out, "\n%s;\n", q->sql);
}
