/* What rules, records and response say of each other: no stage may know another's files. */
#include "ruleset.h"

#include "records/kinds.h"
#include "response/rules.h"

#include <stdio.h>

#define NAMES_MAX 256

struct names {
        const char *names[NAMES_MAX];
        size_t n;
};

static void names_put(struct names *names, struct ww_str name) {
        if (names->n < NAMES_MAX)
                names->names[names->n++] = name.p;
}

/* What a rule or a record names, and the response has not. */
struct unknown {
        const char *who;  /* "rule", "record" … */
        struct ww_str of; /* … of this name */
        struct ww_str name;
        const char *what, *part; /* what it should be, and in which part of a file it could stand */
        struct diag_pos pos;
};

static int unknown_tell(const struct unknown *u, const struct names *known, struct diag *d) {
        char cure[80];

        (void)snprintf(cure, sizeof cure, "write it under `%s:` in a file of paths.response", u->part);
        return diag_error(d, u->pos, known->n ? diag_suggest(u->name, known->names, known->n) : cure,
                          "%s `%.*s`: there is no %s `%.*s`", u->who, WW_STR_ARG(u->of), u->what, WW_STR_ARG(u->name));
}

static int procedure_unknown(const struct response_rules *response, struct ww_str rule, struct ww_str name,
                             struct diag_pos pos, struct diag *d) {
        const struct unknown u = { "rule", rule, name, "procedure", "procedures", pos };
        struct names known = { 0 };

        for (size_t i = 0; i < response->n_procedures; i++)
                names_put(&known, response->procedures[i].name);
        return unknown_tell(&u, &known, d);
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
        const struct unknown u = { "record", kind->name, name, "recipient or post", "recipients", pos };
        struct names known = { 0 };

        for (size_t i = 0; i < response->n_recipients; i++)
                names_put(&known, response->recipients[i].name);
        for (size_t i = 0; i < response->n_posts; i++)
                names_put(&known, response->posts[i].name);
        return unknown_tell(&u, &known, d);
}

static int no_channel(const struct response_rules *response, const struct record_kind *kind, struct ww_str name,
                      struct diag_pos pos, struct diag *d) {
        const struct unknown u = { "record", kind->name, name, "channel", "channels", pos };
        struct names known = { 0 };

        for (size_t i = 0; i < response->n_channels; i++)
                names_put(&known, response->channels[i].name);
        return unknown_tell(&u, &known, d);
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
