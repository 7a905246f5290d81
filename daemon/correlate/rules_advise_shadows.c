/*
 * Rules that say nothing new: whenever one is raised another is, of the same key, hazard and class, and no less urgent.
 * A special rule of higher priority beside a general one is no shadow, it is what the language is for. Compared are
 * conditions that are the same as written, and selections without a window of which one lets all pass that the other
 * does.
 */
#include "correlate/rules_advise.h"

#include <xxhash.h>

static bool same_key(const struct rule *a, const struct rule *b) {
        if (a->n_key != b->n_key || a->key_hash != b->key_hash)
                return false;
        for (size_t i = 0; i < a->n_key; i++)
                if (!ww_str_equal(a->key_names[i], b->key_names[i]))
                        return false;
        return true;
}

/* A rule's expressions as numbers: each rule is held against each other one, and writing both out for that takes
 * minutes where thousands of rules have one kind. 0 = none. */
struct written {
        uint64_t where, guard;
};

static uint64_t written_expr(const struct expr *e) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (!e)
                return 0;
        return expr_print(e, &text) < 0 ? (uintptr_t)e : XXH3_64bits(text.p, text.n) | 1;
}

static struct written written_of(const struct rule *rule) {
        return (struct written){ .where = rule->n_aliases ? written_expr(rule->aliases[0].where) : 0,
                                 .guard = written_expr(rule->guard) };
}

static bool kinds_within(const struct selection *special, const struct selection *general) {
        for (size_t i = 0; i < special->n_kinds; i++) {
                bool found = false;

                for (size_t j = 0; j < general->n_kinds && !found; j++)
                        found = special->kinds[i].family == general->kinds[j].family &&
                                special->kinds[i].state == general->kinds[j].state;
                if (!found)
                        return false;
        }
        return true;
}

static bool texts_within(const struct equality *special, const struct equality *general) {
        for (size_t i = 0; i < special->n; i++) {
                bool found = false;

                for (size_t j = 0; j < general->n && !found; j++)
                        found = ww_str_equal(special->texts[i], general->texts[j]);
                if (!found)
                        return false;
        }
        return true;
}

static bool lists_within(const struct equality *special, const struct equality *general) {
        for (size_t i = 0; i < special->n_lists; i++) {
                bool found = false;

                for (size_t j = 0; j < general->n_lists && !found; j++)
                        found = special->lists[i] == general->lists[j];
                if (!found)
                        return false;
        }
        return true;
}

/* all that the special one lets pass has the general one's values */
static bool values_within(const struct selection *special, const struct equality *general) {
        for (size_t i = 0; i < special->n_equalities; i++) {
                const struct equality *e = &special->equalities[i];

                if (ww_str_equal(e->field->name, general->field->name))
                        return texts_within(e, general) && lists_within(e, general);
        }
        return false;
}

static bool selection_within(const struct selection *special, const struct selection *general, uint64_t where_special,
                             uint64_t where_general) {
        if (!kinds_within(special, general) || special->flags != general->flags || special->cross || general->cross)
                return false;
        for (size_t i = 0; i < general->n_equalities; i++)
                if (!values_within(special, &general->equalities[i]))
                        return false;
        return !where_general || where_special == where_general;
}

static bool plain(const struct rule *rule) {
        return (rule->condition == CONDITION_LEVEL || rule->condition == CONDITION_INSTANT) && rule->n_aliases == 1 &&
               !rule->hold.field;
}

static bool covers(const struct rule *general, const struct rule *special, const struct written *of_general,
                   const struct written *of_special) {
        if (general->state_hash == special->state_hash)
                return true;
        return plain(general) && plain(special) && general->condition == special->condition &&
               general->hold.usec <= special->hold.usec && same_key(general, special) &&
               (!of_general->guard || of_general->guard == of_special->guard) &&
               selection_within(&special->aliases[0], &general->aliases[0], of_special->where, of_general->where);
}

static bool outdone(const struct rule *general, const struct rule *special) {
        return general->hazard == special->hazard && general->klass == special->klass &&
               general->priority >= special->priority && !special->n_grades && !special->n_after && !special->mute &&
               !special->read_by_others && !special->covert;
}

void rules_advise_shadows(const struct correlate_rules *set, struct diag *d) {
        _cleanup_free_ struct written *written = calloc(set->n + 1, sizeof *written);

        for (size_t i = 0; written && i < set->n; i++)
                written[i] = written_of(&set->rules[i]);
        for (size_t i = 0; written && i < set->n; i++) {
                const struct rule *special = &set->rules[i];

                for (size_t j = 0; j < set->n; j++) {
                        const struct rule *general = &set->rules[j];

                        if (i == j || !outdone(general, special) || !covers(general, special, &written[j], &written[i]))
                                continue;
                        if (j > i && outdone(special, general) && covers(special, general, &written[i], &written[j]))
                                continue; /* equals: the later one is told */
                        diag_warning(d, special->pos, "take one of the two out, or give this one a higher priority",
                                     "rule `%s` says nothing new: whenever it is raised, `%s` is (%.*s:%u)",
                                     special->name.p, general->name.p, WW_STR_ARG(general->pos.file),
                                     general->pos.line);
                        break;
                }
        }
}
