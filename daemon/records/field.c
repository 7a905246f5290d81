/* What a field may hold: one function a type, each makes of what was given the one form in which it is kept. */
#include "records/records_internal.h"

#include "alarm/alarm_verbs.h"
#include "base/calendar.h"
#include "base/span.h"
#include "config/timezone.h"
#include "journal/record_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define SHA256_DIGITS 64

struct canon {
        const struct records *r;
        const struct record_field *f;
        int64_t now;
        struct field_why *why;
};

static int wrong(const struct canon *c, const char *format, ...) _printf_(2, 3);
static int wrong(const struct canon *c, const char *format, ...) {
        int n = snprintf(c->why->text, sizeof c->why->text, "`%.*s` ", WW_STR_ARG(c->f->name));
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(c->why->text + n, sizeof c->why->text - (size_t)n, format, ap);
        va_end(ap);
        return FIELD_E_WRONG;
}

static size_t most(const struct canon *c, size_t usual) {
        return c->f->max ? (size_t)c->f->max : usual;
}

static int text_of(const struct canon *c, const json_t *given, size_t bytes, json_t **ret) {
        if (!json_is_string(given))
                return wrong(c, "must be a text");
        if (json_string_length(given) > bytes)
                return wrong(c, "may have %zu bytes", bytes);
        *ret = json_stringn(json_string_value(given), json_string_length(given));
        return *ret ? 0 : -ENOMEM;
}

static int canon_text(const struct canon *c, const json_t *given, json_t **ret) {
        return text_of(c, given, most(c, RECORD_TEXT_BYTES), ret);
}

static int canon_name(const struct canon *c, const json_t *given, json_t **ret) {
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static int wrong_range(const struct canon *c) {
        const struct record_field *f = c->f;

        if (!isfinite(f->most))
                return wrong(c, "must be at least %.15g %.*s", f->least, WW_STR_ARG(f->unit));
        if (!isfinite(f->least))
                return wrong(c, "must be at most %.15g %.*s", f->most, WW_STR_ARG(f->unit));
        return wrong(c, "must be from %.15g to %.15g %.*s", f->least, f->most, WW_STR_ARG(f->unit));
}

static int canon_number(const struct canon *c, const json_t *given, json_t **ret) {
        const char *text = json_string_value(given);
        char *end = NULL;
        double d = text ? strtod(text, &end) : json_number_value(given);

        if ((text && (!*text || *end)) || (!text && !json_is_number(given)) || !isfinite(d))
                return wrong(c, "must be a number");
        if (d < c->f->least || d > c->f->most)
                return wrong_range(c);
        *ret = json_is_integer(given)            ? json_integer(json_integer_value(given))
               : d == floor(d) && fabs(d) < 9e15 ? json_integer((json_int_t)d)
                                                 : json_real(d);
        return *ret ? 0 : -ENOMEM;
}

static int canon_count(const struct canon *c, const json_t *given, json_t **ret) {
        int e = canon_number(c, given, ret);

        if (e || (json_is_integer(*ret) && json_integer_value(*ret) > 0))
                return e;
        json_decref(*ret);
        return wrong(c, "must be a number that the list of open ones shows");
}

static int canon_bool(const struct canon *c, const json_t *given, json_t **ret) {
        const char *text = json_string_value(given);
        bool yes = json_is_true(given) || (text && strcmp(text, "true") == 0);

        if (!yes && !json_is_false(given) && !(text && strcmp(text, "false") == 0))
                return wrong(c, "must be true or false");
        *ret = json_boolean(yes);
        return 0;
}

static int canon_time(const struct canon *c, const json_t *given, json_t **ret) {
        json_t *renamed = json_pack("{s:O}", "until", given);
        int64_t time = WW_TIME_NONE;
        char why[160];
        int e = renamed ? 0 : -ENOMEM;

        if (!e && (!json_is_string(given) || alarm_verb_until(renamed, c->now, &time, why, sizeof why)))
                e = wrong(c, "must be an instant such as 2026-01-31T18:00:00Z, or a span from now such as 8h");
        json_decref(renamed);
        if (e)
                return e;
        *ret = record_json_time(time);
        return *ret ? 0 : -ENOMEM;
}

/* Days since 1970, or INT64_MIN. */
static int64_t day_of(const char *text) {
        struct calendar_date date = { 0 };
        long long year;
        int n = 0;

        if (!text || strlen(text) != 10 || sscanf(text, "%4lld-%2d-%2d%n", &year, &date.month, &date.day, &n) != 3 ||
            n != 10)
                return INT64_MIN;
        date.year = year;
        return calendar_has(date) ? calendar_day(date) : INT64_MIN;
}

static int canon_date(const struct canon *c, const json_t *given, json_t **ret) {
        if (day_of(json_string_value(given)) == INT64_MIN)
                return wrong(c, "must be a day such as 2026-01-31");
        *ret = json_string(json_string_value(given));
        return *ret ? 0 : -ENOMEM;
}

static int canon_span(const struct canon *c, const json_t *given, json_t **ret) {
        int64_t span;
        char text[32];

        if (!json_is_string(given) || span_parse(ww_str(json_string_value(given)), &span) || span > 3660 * WW_DAY)
                return wrong(c, "must be a span such as 30m");
        span_format(span, text);
        *ret = json_string(text);
        return *ret ? 0 : -ENOMEM;
}

static int near_miss(const struct canon *c, const char *what, const char *given, const char *near) {
        return near ? wrong(c, "is no %s of the site: `%s`; did you mean `%s`?", what, given, near)
                    : wrong(c, "is no %s of the site: `%s`", what, given);
}

static int canon_zone(const struct canon *c, const json_t *given, json_t **ret) {
        struct ww_str id = ww_str(json_string_value(given));

        if (!json_is_string(given) || site_zone_find(c->r->site, id) == SITE_NONE)
                return near_miss(c, "zone", id.p ? id.p : "", site_nearest_zone(c->r->site, id));
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static int canon_asset(const struct canon *c, const json_t *given, json_t **ret) {
        struct ww_str id = ww_str(json_string_value(given));

        if (!json_is_string(given) || site_asset_find(c->r->site, id) == SITE_NONE)
                return near_miss(c, "asset", id.p ? id.p : "", site_nearest_asset(c->r->site, id));
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static int canon_schedule(const struct canon *c, const json_t *given, json_t **ret) {
        struct ww_str name = ww_str(json_string_value(given));

        if (!json_is_string(given) || site_schedule_find(c->r->site, name) == SITE_NONE)
                return near_miss(c, "schedule", name.p ? name.p : "", site_nearest_schedule(c->r->site, name));
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static int canon_member(const struct canon *c, const json_t *given, json_t **ret) {
        struct ww_str member = ww_str(json_string_value(given) ? json_string_value(given) : "");

        if (!member.n || !c->r->sink.listed(c->r->sink.userdata, c->f->of, member, c->now))
                return wrong(c, "is not in the list `%.*s`: `%s`; `wardwatch list` changes it", WW_STR_ARG(c->f->of),
                             member.p);
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static int canon_choice(const struct canon *c, const json_t *given, json_t **ret) {
        const char *text = json_string_value(given);
        _cleanup_buf_ struct buf words = BUF_INIT;

        for (size_t i = 0; text && i < c->f->n_words; i++)
                if (ww_str_is(c->f->words[i], text))
                        return text_of(c, given, RECORD_NAME_BYTES, ret);
        for (size_t i = 0; i < c->f->n_words; i++)
                buf_printf(&words, "%s%.*s", i ? ", " : "", WW_STR_ARG(c->f->words[i]));
        return words.error ? words.error : wrong(c, "must be one of: %.*s", (int)words.n, (char *)words.p);
}

static int canon_reference(const struct canon *c, const json_t *given, json_t **ret) {
        const char *number = json_string_value(given);
        const struct record *rec = number ? record_find_number(c->r, ww_str(number)) : NULL;

        if (!rec || !rec->kind || !ww_str_equal(rec->kind->name, c->f->of))
                return wrong(c, "must be the number of a record `%.*s` that is open", WW_STR_ARG(c->f->of));
        return text_of(c, given, RECORD_NAME_BYTES, ret);
}

static bool is_sha256(const char *text) {
        return text && strlen(text) == SHA256_DIGITS && strspn(text, "0123456789abcdef") == SHA256_DIGITS;
}

static int canon_file(const struct canon *c, const json_t *given, json_t **ret) {
        const char *name = json_string_value(json_object_get(given, "name"));
        const char *where = json_string_value(json_object_get(given, "where"));
        const char *sha256 = json_string_value(json_object_get(given, "sha256"));
        json_int_t size = json_integer_value(json_object_get(given, "size"));

        if (!name || !*name || strlen(name) > 255 || !where || strlen(where) > 1000 || !is_sha256(sha256) || size < 0)
                return wrong(c, "must be {name, sha256, size, where}: sha256 in 64 small hex digits");
        *ret = json_pack("{s:s, s:s, s:I, s:s}", "name", name, "sha256", sha256, "size", size, "where", where);
        return *ret ? 0 : -ENOMEM;
}

/* --- lists --- */

typedef int (*canon_fn)(const struct canon *c, const json_t *given, json_t **ret);

/* A list of texts, or words with commas between them; each through `one`. */
static int canon_list(const struct canon *c, const json_t *given, canon_fn one, json_t **ret) {
        json_t *list = json_array();
        const char *text = json_string_value(given);
        size_t n = text ? 0 : json_array_size(given);
        int e = list ? 0 : -ENOMEM;

        if (!text && !json_is_array(given))
                e = e ? e : wrong(c, "must be a list of texts");
        for (size_t i = 0; !e && (text ? *text != 0 : i < n); i++) {
                size_t length = text ? strcspn(text, ",") : 0;
                json_t *item = text ? json_stringn(text, length) : json_incref(json_array_get(given, i));
                json_t *canon = NULL;

                e = item ? one(c, item, &canon) : -ENOMEM;
                json_decref(item);
                if (!e && json_array_size(list) >= most(c, RECORD_LIST_ENTRIES))
                        e = wrong(c, "may have %zu entries", most(c, RECORD_LIST_ENTRIES));
                if (!e && json_array_append(list, canon))
                        e = -ENOMEM;
                json_decref(canon);
                if (text)
                        text += length + (text[length] != 0);
        }
        if (e)
                json_decref(list);
        else
                *ret = list;
        return e;
}

static int canon_texts(const struct canon *c, const json_t *given, json_t **ret) {
        return canon_list(c, given, canon_name, ret);
}

static int canon_zones(const struct canon *c, const json_t *given, json_t **ret) {
        return canon_list(c, given, canon_zone, ret);
}

static int canon_item(const struct canon *c, const json_t *given, json_t **ret) {
        json_t *text = NULL;
        int e = canon_name(c, given, &text);

        if (e)
                return e;
        *ret = json_pack("{s:n, s:s, s:o, s:s, s:s}", "at", "by", "", "item", text, "note", "", "result", "none");
        return *ret ? 0 : -ENOMEM;
}

static int canon_checklist(const struct canon *c, const json_t *given, json_t **ret) {
        return canon_list(c, given, canon_item, ret);
}

static int canon_never(const struct canon *c, const json_t *given, json_t **ret) {
        (void)given;
        (void)ret;
        return wrong(c, "is set by acts alone");
}

static const canon_fn canons[RECORD_TYPE_MAX_] = {
        [RECORD_TEXT] = canon_text,           [RECORD_TEXTS] = canon_texts,         [RECORD_NUMBER] = canon_number,
        [RECORD_BOOL] = canon_bool,           [RECORD_TIME] = canon_time,           [RECORD_DATE] = canon_date,
        [RECORD_SPAN] = canon_span,           [RECORD_PERSON] = canon_name,         [RECORD_ZONE] = canon_zone,
        [RECORD_ZONES] = canon_zones,         [RECORD_ASSET] = canon_asset,         [RECORD_DEVICE] = canon_name,
        [RECORD_INCIDENT] = canon_count,      [RECORD_ALARM] = canon_count,         [RECORD_CHOICE] = canon_choice,
        [RECORD_CHECKLIST] = canon_checklist, [RECORD_REFERENCE] = canon_reference, [RECORD_FILE] = canon_file,
        [RECORD_SCHEDULE] = canon_schedule,   [RECORD_MEMBER] = canon_member,       [RECORD_SIGNATURE] = canon_never,
        [RECORD_LOG] = canon_never,
};

int field_canon(const struct records *r, const struct record_field *f, const json_t *given, int64_t now, json_t **ret,
                struct field_why *why) {
        const struct canon c = { r, f, now, why };

        if (!given || json_is_null(given)) {
                *ret = json_null();
                return 0;
        }
        return canons[f->type](&c, given, ret);
}

/* The end of a day: no clock is late before it is over. */
int64_t field_instant(const struct records *r, const struct record_field *f, const json_t *value) {
        const char *text = json_string_value(value);
        int64_t time;

        if (!text)
                return WW_TIME_NONE;
        if (f->type == RECORD_DATE)
                return timezone_first(site_timezone(r->site), (day_of(text) + 1) * WW_DAY);
        return instant_parse(ww_str(text), 0, &time) ? WW_TIME_NONE : time;
}

bool field_is_set(const json_t *fields, const struct record_field *f) {
        const json_t *value = json_object_get(fields, f->name.p);

        return value && !json_is_null(value) && !(json_is_string(value) && !json_string_length(value)) &&
               !(json_is_array(value) && !json_array_size(value));
}

bool field_whole(const struct record_kind *kind, const json_t *fields, size_t state, bool opening,
                 struct field_why *why) {
        for (size_t i = 0; i < kind->n_fields; i++) {
                const struct record_field *f = &kind->fields[i];

                if (((opening && f->must) || (state != SIZE_MAX && f->in & 1U << state)) && !field_is_set(fields, f)) {
                        (void)snprintf(why->text, sizeof why->text, "`%.*s` is missing: %.*s", WW_STR_ARG(f->name),
                                       WW_STR_ARG(f->title));
                        return false;
                }
        }
        return true;
}
