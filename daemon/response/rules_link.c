/* What refers to what, once all files are read; and the codes of a site that names none. */
#include "response/rules_load.h"

#define NAMES_MAX 256

/* A list of structs that begin with their name and their place. */
struct named {
        const char *what;
        const char *first;
        size_t n, size;
};

static struct ww_str name_of(const struct named *list, size_t i) {
        return *(const struct ww_str *)(const void *)(list->first + i * list->size);
}

static struct diag_pos pos_of(const struct named *list, size_t i) {
        return *(const struct diag_pos *)(const void *)(list->first + i * list->size + sizeof(struct ww_str));
}

static void check_twice(struct rules_loader *l, const struct named *list) {
        for (size_t i = 0; i < list->n; i++)
                for (size_t k = 0; k < i; k++)
                        if (name_of(list, i).n && ww_str_equal(name_of(list, i), name_of(list, k)))
                                l->result = diag_error(l->d, pos_of(list, i), "give each its own name",
                                                       "there are two `%s: %.*s`", list->what,
                                                       WW_STR_ARG(name_of(list, i)));
}

static size_t collect(const struct named *list, const char *names[static NAMES_MAX], size_t n) {
        for (size_t i = 0; i < list->n && n < NAMES_MAX; i++)
                names[n++] = name_of(list, i).p ? name_of(list, i).p : "";
        return n;
}

static void unknown(struct rules_loader *l, struct diag_pos pos, const char *what, struct ww_str name,
                    const struct named *lists, size_t n_lists) {
        const char *names[NAMES_MAX];
        size_t n = 0;

        for (size_t i = 0; i < n_lists; i++)
                n = collect(&lists[i], names, n);
        l->result = diag_error(l->d, pos, n ? diag_suggest(name, names, n) : "name it in a file of paths.response",
                               "there is no %s `%.*s`", what, WW_STR_ARG(name));
}

#define NAMED(rules, what, member)                                                                                     \
        { what, (const char *)(rules)->member, (rules)->n_##member, sizeof *(rules)->member }

static void check_escalation(struct rules_loader *l, const struct escalation *e) {
        const struct named people[] = { NAMED(l->rules, "recipient", recipients), NAMED(l->rules, "post", posts) };
        const struct named ways = NAMED(l->rules, "channel", channels);

        for (size_t i = 0; i < e->n; i++) {
                const struct escalation_step *step = &e->steps[i];

                for (size_t k = 0; k < step->n_to; k++)
                        if (!rules_recipient(l->rules, step->to[k]) && !rules_post(l->rules, step->to[k]))
                                unknown(l, e->pos, "recipient or post", step->to[k], people, 2);
                for (size_t k = 0; k < step->n_by; k++)
                        if (!rules_channel(l->rules, step->by[k]))
                                unknown(l, e->pos, "channel", step->by[k], &ways, 1);
        }
}

/* A recipient that is told by mail needs an address there; a post is a place, and needs none. */
static void check_addresses(struct rules_loader *l, const struct recipient *r) {
        const struct named ways = NAMED(l->rules, "channel", channels);

        for (size_t i = 0; i < r->n; i++)
                if (!rules_channel(l->rules, r->channels[i]))
                        unknown(l, r->pos, "channel", r->channels[i], &ways, 1);
}

/* One falls back on another, and never on itself over others. */
static void check_fallback(struct rules_loader *l, const struct channel *c) {
        const struct named ways = NAMED(l->rules, "channel", channels);
        const struct channel *at = c;

        if (c->fallback.n && !rules_channel(l->rules, c->fallback)) {
                unknown(l, c->pos, "channel", c->fallback, &ways, 1);
                return;
        }
        for (size_t i = 0; i <= l->rules->n_channels && at && at->fallback.n; i++) {
                at = rules_channel(l->rules, at->fallback);
                if (at == c) {
                        l->result = diag_error(l->d, c->pos, "end the chain with a channel that has none",
                                               "channel `%.*s` falls back on itself", WW_STR_ARG(c->name));
                        return;
                }
        }
}

int rules_link(struct rules_loader *l) {
        const struct response_rules *rules = l->rules;
        const struct named lists[] = {
                NAMED(rules, "procedure", procedures),   NAMED(rules, "code", dispositions),
                NAMED(rules, "escalation", escalations), NAMED(rules, "channel", channels),
                NAMED(rules, "recipient", recipients),   NAMED(rules, "post", posts),
        };

        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
                check_twice(l, &lists[i]);
        for (size_t i = 0; i < rules->n_escalations; i++)
                check_escalation(l, &rules->escalations[i]);
        for (size_t i = 0; i < rules->n_recipients; i++)
                check_addresses(l, &rules->recipients[i]);
        for (size_t i = 0; i < rules->n_channels; i++)
                check_fallback(l, &rules->channels[i]);
        return 0;
}

/* clang-format off */
static const struct {
        const char *code, *title, *outcome;
        bool report;
        enum two_persons two;
} usual[] = {
        { "genuine-criminal", "Genuine: criminal case", "genuine", true, TWO_PERSONS_NEVER },
        { "genuine-public-security", "Genuine: public-security case", "genuine", true, TWO_PERSONS_NEVER },
        { "genuine-disaster", "Genuine: disaster", "genuine", true, TWO_PERSONS_NEVER },
        { "genuine-accident", "Genuine: accident", "genuine", false, TWO_PERSONS_NEVER },
        { "genuine-factor", "Genuine: destabilising factor", "genuine", true, TWO_PERSONS_NEVER },
        { "nuisance", "Nuisance", "nuisance", false, TWO_PERSONS_CRITICAL },
        { "false-device", "False: device fault", "false", false, TWO_PERSONS_CRITICAL },
        { "false-environment", "False: environment", "false", false, TWO_PERSONS_CRITICAL },
        { "false-procedure", "False: procedure", "false", false, TWO_PERSONS_CRITICAL },
        { "test", "Test", "test", false, TWO_PERSONS_NEVER },
        { "drill", "Drill", "drill", false, TWO_PERSONS_NEVER },
        { "duplicate", "Duplicate", "duplicate", false, TWO_PERSONS_NEVER },
};
/* clang-format on */

int rules_default_dispositions(struct response_rules *rules) {
        size_t n = sizeof usual / sizeof *usual;

        rules->dispositions = calloc(n, sizeof *rules->dispositions);
        if (!rules->dispositions)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                rules->dispositions[i] = (struct disposition){ ww_str(usual[i].code),  { .line = 0 },
                                                               ww_str(usual[i].title), ww_str(usual[i].outcome),
                                                               usual[i].report,        usual[i].two };
        rules->n_dispositions = n;
        return 0;
}
