/* People by their names, and words of requests about them. */
#include "response/people.h"

#include "base/diag.h"

struct subject *people_find(const struct response *r, enum ww_subject kind, const char *member, struct ww_str text) {
        struct subject *s;

        TAILQ_FOREACH(s, &r->of_kind[kind], order) {
                if (ww_str_is(text, body_text(s, member)) && subject_live(r, s))
                        return s;
        }
        return NULL;
}

size_t people_count(const struct response *r, enum ww_subject kind) {
        const struct subject *s;
        size_t n = 0;

        TAILQ_FOREACH(s, &r->of_kind[kind], order)
        n += subject_live(r, s);
        return n;
}

int people_room(struct response_call *c, enum ww_subject kind, size_t max) {
        return people_count(c->r, kind) < max ? 0 : call_refuse(c, REFUSED_LIMIT, "%zu", max);
}

int call_person(struct response_call *c, enum ww_subject kind, struct subject **ret) {
        const char *member = ww_subject_name(kind);
        const json_t *value = json_object_get(c->request, member);

        if (!json_is_string(value))
                return call_subject(c, kind, ret);
        *ret = people_find(c->r, kind, "name", (struct ww_str){ json_string_value(value), json_string_length(value) });
        return *ret ? 0 : call_refuse(c, REFUSED_UNKNOWN, "there is no %s of that name", member);
}

int call_person_name(struct response_call *c, const char *name, struct ww_str *ret) {
        int r = call_text(c, name, true, ret);

        if (r)
                return r;
        for (size_t i = 0; i < ret->n; i++)
                if (ret->n > PERSON_NAME_MAX || (unsigned char)ret->p[i] < 0x20 || ret->p[i] == 0x7f)
                        return call_refuse(c, REFUSED_MALFORMED,
                                           "`%s` may have %d bytes, and no control characters among them", name,
                                           PERSON_NAME_MAX);
        return 0;
}

int call_post(struct response_call *c, struct ww_str *ret) {
        const struct response_rules *rules = c->r->rules;
        const char *names[64];
        size_t n = 0;
        int r = call_text(c, "post", false, ret);

        if (r || !ret->n || rules_post(rules, *ret))
                return r;
        for (size_t i = 0; i < rules->n_posts && n < 64; i++)
                names[n++] = rules->posts[i].name.p;
        return call_refuse(c, REFUSED_MALFORMED, "there is no post `%.*s`; %s", WW_STR_ARG(*ret),
                           n ? diag_suggest(*ret, names, n) : "name it under `posts:`");
}

int call_zone(struct response_call *c, struct ww_str *ret) {
        int r = call_text(c, "zone", false, ret);

        if (r || !ret->n || site_zone_find(c->r->site, *ret) != SITE_NONE)
                return r;
        return call_refuse(c, REFUSED_MALFORMED, "the site has no zone `%.*s`", WW_STR_ARG(*ret));
}

int people_end(struct response *r, struct subject *s, const char *what, const struct act *act) {
        int e;

        s->ended = true;
        e = subject_changed(r, s, what, act);
        if (!e)
                subject_forget(r, s);
        return e;
}
