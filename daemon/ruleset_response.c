/* What rules and response say of each other: neither stage may know the other's files. */
#include "ruleset.h"

#include "response/rules.h"

#define NAMES_MAX 256

static int procedure_unknown(const struct response_rules *response, struct ww_str rule, struct ww_str name,
                             struct diag_pos pos, struct diag *d) {
        const char *names[NAMES_MAX];
        size_t n = 0;

        for (size_t i = 0; i < response->n_procedures && n < NAMES_MAX; i++)
                names[n++] = response->procedures[i].name.p;
        return diag_error(d, pos,
                          n ? diag_suggest(name, names, n)
                            : "write it under `procedures:` in a file of "
                              "paths.response",
                          "rule `%.*s`: there is no procedure `%.*s`", WW_STR_ARG(rule), WW_STR_ARG(name));
}

/* An event that no device can ever send confirms nothing. */
static int check_confirms(const struct response_rules *response, const struct ww_kinds *kinds, struct diag *d) {
        ww_family family;
        enum ww_state state;
        int r = 0;

        for (size_t i = 0; i < response->n_procedures; i++) {
                const struct procedure *p = &response->procedures[i];

                for (size_t k = 0; k < p->n; k++) {
                        struct ww_str kind = p->steps[k].action.confirm_kind;

                        if (kind.n && (!ww_kind_find(kinds, kind, &family, &state) || state == WW_STATE_UNKNOWN))
                                r = diag_error(d, p->pos,
                                               "name one value of a kind, such as lock.locked; the reference "
                                               "in rules/README.md lists them",
                                               "procedure `%.*s`: no event is of kind `%.*s`", WW_STR_ARG(p->name),
                                               WW_STR_ARG(kind));
                }
        }
        return r;
}

int ruleset_procedures(const struct correlate_rules *rules, const struct response_rules *response,
                       const struct ww_kinds *kinds, struct diag *d) {
        int r = check_confirms(response, kinds, d);
        struct ww_str rule, name;
        struct diag_pos pos;

        if (!response->given)
                return 0;
        for (size_t i = 0; i < correlate_rules_count(rules); i++) {
                name = correlate_rule_procedure(rules, i, &rule, &pos);
                if (name.n && !rules_procedure(response, name))
                        r = procedure_unknown(response, rule, name, pos, d);
        }
        return r;
}
