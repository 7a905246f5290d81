/* What came of an example, held against what was expected. The order of rows does not matter. */
#include "base/span.h"
#include "correlate/example.h"

static const char *const list_words[EXAMPLE_LISTS] = { "alarms", "clears", "priorities", "mutes" };

void example_note(struct example_runner *r, enum example_what what, const struct example_outcome *outcome) {
        struct example_list *got = &r->got[what];
        struct example_outcome *row = &got->rows[got->n];

        if (got->n > EXAMPLE_ROWS_MAX || outcome->time > r->e->until)
                return;
        *row = *outcome;
        row->key = arena_copy(r->arena, outcome->key);
        got->n++;
}

static void print_row(struct example_runner *r, enum example_what what, const struct example_outcome *row,
                      struct buf *out) {
        char span[32];

        span_format(row->time, span);
        buf_printf(out, "%s%s", out->n > 1 ? ", " : "", span);
        if (what == EXAMPLE_MUTES)
                buf_printf(out, " %s", row->rule->name.p);
        for (size_t i = 0; i < row->rule->n_key; i++) {
                struct ww_str part = key_part(r->arena, row->key, i);

                buf_printf(out, "%s%.*s", i ? "," : " ", WW_STR_ARG(part));
        }
        if (row->priority)
                buf_printf(out, " %s", ww_priority_name(row->priority));
}

static bool fits(const struct example_outcome *want, const struct example_outcome *got) {
        return want->time == got->time && want->rule == got->rule && ww_str_equal(want->key, got->key) &&
               (!want->priority || want->priority == got->priority);
}

static bool all_fit(const struct example_list *want, const struct example_list *got) {
        bool used[EXAMPLE_ROWS_MAX + 1] = { 0 };

        for (size_t i = 0; i < want->n; i++) {
                size_t j = 0;

                while (j < got->n && (used[j] || !fits(&want->rows[i], &got->rows[j])))
                        j++;
                if (j == got->n)
                        return false;
                used[j] = true;
        }
        return want->n == got->n;
}

static void print_list(struct example_runner *r, enum example_what what, const struct example_list *list,
                       struct buf *out) {
        buf_puts(out, "[");
        for (size_t i = 0; i < list->n; i++)
                print_row(r, what, &list->rows[i], out);
        buf_puts(out, "]");
}

static int judge(struct example_runner *r, enum example_what what) {
        const struct example_list *want = &r->e->want[what], *got = &r->got[what];
        _cleanup_buf_ struct buf expected = BUF_INIT, came = BUF_INIT;

        if (!want->node || all_fit(want, got))
                return 0;
        print_list(r, what, want, &expected);
        print_list(r, what, got, &came);
        return diag_error(r->d, want->node->pos, "mend the rule; or the example, if what came is meant",
                          "rule `%s`: example %zu: expected %s %.*s, got %.*s", r->rule->name.p, r->number,
                          list_words[what], WW_STR_ARG(buf_str(&expected)), WW_STR_ARG(buf_str(&came)));
}

int example_judge(struct example_runner *r) {
        int worst = 0;

        for (enum example_what what = 0; what < EXAMPLE_LISTS; what++)
                if (judge(r, what))
                        worst = DIAG_E_USER;
        return worst;
}
