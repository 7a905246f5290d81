/* What rules, records and response say of each other: no stage may know another's files. */
#include "ruleset.h"

#include "records/kinds.h"
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

/* --- who is sent a record --- */

static int nobody(const struct response_rules *response, const struct record_kind *kind, struct ww_str name,
                  struct diag_pos pos, struct diag *d) {
        const char *names[NAMES_MAX];
        size_t n = 0;

        for (size_t i = 0; i < response->n_recipients && n < NAMES_MAX; i++)
                names[n++] = response->recipients[i].name.p;
        for (size_t i = 0; i < response->n_posts && n < NAMES_MAX; i++)
                names[n++] = response->posts[i].name.p;
        return diag_error(
                d, pos, n ? diag_suggest(name, names, n) : "write it under `recipients:` in a file of paths.response",
                "record `%.*s`: there is no recipient or post `%.*s`", WW_STR_ARG(kind->name), WW_STR_ARG(name));
}

static int no_channel(const struct response_rules *response, const struct record_kind *kind, struct ww_str name,
                      struct diag_pos pos, struct diag *d) {
        const char *names[NAMES_MAX];
        size_t n = 0;

        for (size_t i = 0; i < response->n_channels && n < NAMES_MAX; i++)
                names[n++] = response->channels[i].name.p;
        return diag_error(d, pos,
                          n ? diag_suggest(name, names, n) : "write it under `channels:` in a file of paths.response",
                          "record `%.*s`: there is no channel `%.*s`", WW_STR_ARG(kind->name), WW_STR_ARG(name));
}

static int check_notify(const struct response_rules *response, const struct record_kind *kind,
                        const struct record_notify *n, struct diag *d) {
        const struct record_field *field = n->field == SIZE_MAX ? NULL : &kind->fields[n->field];
        const struct ww_str *to = field ? field->words : n->to;
        size_t n_to = field ? field->n_words : n->n_to;
        int r = 0;

        for (size_t i = 0; i < n_to; i++)
                if (!rules_recipient(response, to[i]) && !rules_post(response, to[i]))
                        r = nobody(response, kind, to[i], field ? field->pos : n->pos, d);
        for (size_t i = 0; i < n->n_by; i++)
                if (!rules_channel(response, n->by[i]))
                        r = no_channel(response, kind, n->by[i], n->pos, d);
        return r;
}

int ruleset_notify(const struct record_kinds *kinds, const struct response_rules *response, struct diag *d) {
        int r = 0;

        for (size_t i = 0; i < kinds->n_kinds; i++)
                for (size_t k = 0; k < kinds->kinds[i].n_acts; k++) {
                        const struct record_notify *n = &kinds->kinds[i].acts[k].notify;
                        int e = n->n_by ? check_notify(response, &kinds->kinds[i], n, d) : 0;

                        r = e ? e : r;
                }
        return r;
}
