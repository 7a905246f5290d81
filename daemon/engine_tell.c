/*
 * What is in force, for who asks over the command socket: the acts, the site, the rules with what they did.
 *
 *   → {"cmd":"acts"}                              ← {"acts":[{name, words, help, roles, reason, stage}]}
 *   → {"cmd":"site","part":"zones"[,"from":N]}    ← {"hash","part","items":[…],"next":N}
 *   → {"cmd":"rules"[,"from":N][,"built_in":true][,"rule":NAME]} ← {"hash","items":[…],"next":N}
 *
 * A line is bounded, a site is not: lists come in pages. `next` is where the next one begins, null at the end; `hash`
 * is that of the set, so that who puts pages together sees when another set came into force between them.
 */
#include "engine_feed.h"

#include "alarm/alarm_verbs.h"
#include "journal/record_json.h"
#include "notices.h"
#include "response/verbs.h"

#include <inttypes.h>

#define PAGE_BYTES ((size_t)128 * 1024) /* half a line, since the last item may be long */
#define TEXT_BYTES ((size_t)32 * 1024)  /* of one rule */

/* --- acts --- */

json_t *engine_tell_roles(unsigned set) {
        json_t *list = json_array();

        for (size_t i = 0; i < alarm_role_names_n; i++)
                if (set & 1U << i)
                        (void)json_array_append_new(list, json_string(alarm_role_names[i]));
        return list;
}

/* "incident [version]": a word in brackets may be left out. */
static json_t *tell_words(const char *args) {
        json_t *list = json_array();

        while (*args) {
                size_t n = strcspn(args, " ");
                bool optional = *args == '[';

                if (n > 2U * optional)
                        (void)json_array_append_new(list, json_pack("{s:s%, s:b}", "name", args + optional,
                                                                    n - 2U * optional, "required", !optional));
                args += n + (args[n] == ' ');
        }
        return list;
}

static void tell_act(json_t *list, const char *stage, const char *name, const char *args, const char *help,
                     unsigned who, bool reason) {
        (void)json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:o, s:b, s:s}", "name", name, "words",
                                                    tell_words(args), "help", help, "roles", engine_tell_roles(who),
                                                    "reason", reason, "stage", stage));
}

json_t *engine_tell_acts(void) {
        static const struct {
                const char *name, *args, *help;
                unsigned who;
        } own[] = {
                { "mode", "name on [reason]", "switch a mode of the site on or off",
                  ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR },
                { "list", "name member add [until] [reason]", "add to a list of the site, or take away",
                  ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR },
                { "event", "kind [value] [zone] [device] [reason]", "tell an event that no device told",
                  ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR },
                { "rules-sign", "hash reason", "answer for a rule set, by its hash, before it comes into force",
                  ALARM_ROLE_INTEGRATOR | ALARM_ROLE_ADMINISTRATOR },
        };
        json_t *list = json_array();

        for (size_t i = 0; i < alarm_verbs_n; i++)
                tell_act(list, "alarm", alarm_verbs[i].name, alarm_verbs[i].args, alarm_verbs[i].help,
                         alarm_act_row(alarm_verbs[i].cause).roles, strstr(alarm_verbs[i].args, "m reason") != NULL);
        for (size_t i = 0; i < response_verbs_n; i++)
                if (response_verbs[i].roles)
                        tell_act(list, "response", response_verbs[i].name, response_verbs[i].args,
                                 response_verbs[i].help, response_verbs[i].roles, response_verbs[i].reason);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
                tell_act(list, "engine", own[i].name, own[i].args, own[i].help, own[i].who, false);
        return list;
}

/* --- the rules --- */

/* From the line of the rule's name to the next item of the same list. */
static struct ww_str rule_text(struct ww_str file, unsigned line) {
        const char *p = file.p, *end = file.p + file.n, *from;
        size_t indent;

        for (unsigned i = 1; i < line && p < end; i++) {
                const char *next = memchr(p, '\n', (size_t)(end - p));

                p = next ? next + 1 : end;
        }
        from = p;
        indent = (size_t)(end - p) ? strspn(p, " ") : 0;
        while (p < end) {
                const char *next = memchr(p, '\n', (size_t)(end - p));
                size_t blank;

                p = next ? next + 1 : end;
                for (blank = 0; p + blank < end && p[blank] == ' '; blank++)
                        ;
                if (p + blank >= end || (p[blank] != '\n' && blank <= indent))
                        break;
        }
        return (struct ww_str){ from, (size_t)(p - from) < TEXT_BYTES ? (size_t)(p - from) : TEXT_BYTES };
}

static json_t *tell_rule(const struct engine *e, size_t i) {
        const struct ruleset *rules = pipeline_ruleset(e->pipeline);
        struct correlate_rule_figures f;
        struct correlate_rule_about about = { 0 };
        struct ww_str name, text = WW_STR_NONE;

        pipeline_rule_figures(e->pipeline, i, &name, &f);
        (void)correlate_rule_about(rules->rules, name, &about);
        for (size_t k = 0; k < rules->bundle.n; k++)
                if (rules->bundle.files[k].role == BUNDLE_RULES &&
                    ww_str_equal(rules->bundle.files[k].path, about.pos.file))
                        text = rule_text(rules->bundle.files[k].text, about.pos.line);
        return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "rule", record_json_str(name), "hash",
                         json_sprintf("%016" PRIx64, about.hash), "place",
                         json_sprintf("%.*s:%u", WW_STR_ARG(about.pos.file), about.pos.line), "text",
                         record_json_str(text), "seen", (json_int_t)f.seen, "matched", (json_int_t)f.matched,
                         "detections", (json_int_t)f.detections);
}

/* --- answers, page by page --- */

struct page {
        json_t *items;
        size_t bytes, at, n;
};

static bool page_room(const struct page *p) {
        return p->at < p->n && p->bytes < PAGE_BYTES;
}

static void page_put(struct page *p, json_t *item) {
        char *text = json_dumps(item, JSON_COMPACT);

        p->bytes += text ? strlen(text) : 0;
        free(text);
        (void)json_array_append_new(p->items, item);
        p->at++;
}

static size_t page_from(const json_t *request) {
        json_int_t from = json_integer_value(json_object_get(request, "from"));

        return from > 0 ? (size_t)from : 0;
}

static json_t *page_answer(const struct engine *e, const json_t *request, struct page *p) {
        return json_pack("{s:O?, s:b, s:s, s:o, s:o}", "id", json_object_get(request, "id"), "ok", 1, "hash",
                         pipeline_ruleset(e->pipeline)->bundle.hash, "items", p->items, "next",
                         p->at < p->n ? json_integer((json_int_t)p->at) : json_null());
}

json_t *engine_tell_site(const struct engine *e, const json_t *request) {
        const char *name = json_string_value(json_object_get(request, "part"));
        const struct ruleset *rules = pipeline_ruleset(e->pipeline);

        for (size_t i = 0; name && i < engine_site_parts_n; i++) {
                struct page p = { .at = page_from(request) };

                if (strcmp(engine_site_parts[i].name, name) != 0)
                        continue;
                p.items = json_array();
                p.n = engine_site_parts[i].count(rules);
                while (page_room(&p))
                        page_put(&p, engine_site_parts[i].tell(rules, p.at));
                return page_answer(e, request, &p);
        }
        return NULL;
}

/* Of a set that may come into force: who has signed it, and how many have to. */
static json_t *tell_signed(const struct engine *e, const json_t *request, json_t *answer) {
        const char *set = json_string_value(json_object_get(request, "set"));

        if (answer && set) {
                (void)json_object_set_new(answer, "signed_by", engine_signed_by(e, set));
                (void)json_object_set_new(answer, "sign_off", json_integer((json_int_t)engine_signed_needed(e)));
        }
        return answer;
}

/* The alarms of the system itself have no file; in its place is told what they mean, and what to do. */
static json_t *tell_advice(const struct notice_advice *advice) {
        const struct notice_kind *kind = notice_find(ww_str(advice->name));

        return json_pack("{s:s, s:s, s:s, s:s, s:o}", "rule", kind->rule, "hash", "", "title", kind->title, "place",
                         "built in", "text", json_sprintf("%s\n\n%s\n", advice->means, advice->act));
}

/* Those with a rule stand first in the table. */
static size_t advices_count(void) {
        size_t n = 0;

        while (n < notice_advices_n && notice_find(ww_str(notice_advices[n].name))->rule)
                n++;
        return n;
}

static struct ww_str rule_name(const struct engine *e, size_t i, size_t rules) {
        struct correlate_rule_figures f;
        struct ww_str name;

        if (i >= rules)
                return ww_str(notice_find(ww_str(notice_advices[i - rules].name))->rule);
        pipeline_rule_figures(e->pipeline, i, &name, &f);
        return name;
}

json_t *engine_tell_rules(const struct engine *e, const json_t *request) {
        size_t rules = correlate_rules_count(pipeline_ruleset(e->pipeline)->rules);
        const char *wanted = json_string_value(json_object_get(request, "rule"));
        struct page p = { .items = json_array(), .at = page_from(request), .n = rules };

        if (json_is_true(json_object_get(request, "built_in")))
                p.n += advices_count();
        while (page_room(&p)) {
                if (wanted && !ww_str_is(rule_name(e, p.at, rules), wanted))
                        p.at++;
                else
                        page_put(&p, p.at < rules ? tell_rule(e, p.at) : tell_advice(&notice_advices[p.at - rules]));
        }
        return tell_signed(e, request, page_answer(e, request, &p));
}
