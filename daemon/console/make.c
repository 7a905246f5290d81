#include "console/make.h"

#include "report/report.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#define VALUE_MAX 512

static const char *const report_formats[] = { "html", "text", "csv", "json", NULL };

/* clang-format off */
static const struct make makes[] = {
        { "case", { "case", "--output=-", "--progress" }, "incident", { "journal", "timezone" }, NULL, NULL, "zip" },
        { "report", { "report" }, "report", { "from", "to", "zone", "hazard", "timezone" }, NULL, report_formats, NULL },
        { "unknown", { "sensors", "unknown", "--json" }, NULL, { "from", "to", "limit", "journal" }, "1h", NULL, "json" },
        { "draft", { "sensors", "draft" }, NULL, { "topic", "name", "from", "to", "journal" }, "1h", NULL, "yaml" },
};

static const struct { const char *format, *type; } types[] = {
        { "html", "text/html; charset=utf-8" },
        { "text", "text/plain; charset=utf-8" },
        { "csv", "text/csv; charset=utf-8" },
        { "json", "application/json" },
        { "yaml", "application/yaml; charset=utf-8" },
        { "zip", "application/zip" },
};
/* clang-format on */

const struct make *make_find(const char *name) {
        for (size_t i = 0; i < sizeof makes / sizeof *makes; i++)
                if (strcmp(makes[i].name, name) == 0)
                        return &makes[i];
        return NULL;
}

const char *make_type(const char *format) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
                if (strcmp(types[i].format, format) == 0)
                        return types[i].type;
        return "application/octet-stream";
}

static const char *find(const struct evkeyvalq *query, const char *name) {
        const char *value = name ? evhttp_find_header(query, name) : NULL;

        return value && *value ? value : NULL;
}

const char *make_format(const struct make *m, const struct evkeyvalq *query) {
        const char *said = find(query, "format");

        for (size_t i = 0; m->formats && m->formats[i]; i++)
                if (!said || strcmp(said, m->formats[i]) == 0)
                        return m->formats[i];
        return m->format && (!said || strcmp(said, m->format) == 0) ? m->format : NULL;
}

static bool subject_good(const struct make *m, const char *subject) {
        if (!m->subject)
                return true;
        if (strcmp(m->subject, "report") == 0)
                return subject && report_find(subject);
        return subject && strspn(subject, "0123456789") == strlen(subject) && strlen(subject) < 18;
}

static bool takes(const struct make *m, const char *name) {
        for (size_t i = 0; i < MAKE_OPTIONS && m->options[i]; i++)
                if (strcmp(m->options[i], name) == 0)
                        return true;
        return strcmp(name, "format") == 0 || (m->subject && strcmp(name, m->subject) == 0);
}

static bool check(const struct make *m, const struct evkeyvalq *query, char why[MAKE_WHY]) {
        const struct evkeyval *e;

        TAILQ_FOREACH(e, query, next)
        if (!takes(m, e->key) || strlen(e->value) > VALUE_MAX) {
                (void)snprintf(why, MAKE_WHY, "`%.40s` is %s", e->key,
                               takes(m, e->key) ? "too long" : "no word of this one");
                return false;
        }
        if (!subject_good(m, find(query, m->subject)))
                (void)snprintf(why, MAKE_WHY, "`%s` must be %s", m->subject,
                               strcmp(m->subject, "report") == 0 ? "the name of a report" : "a number");
        else if (!make_format(m, query))
                (void)snprintf(why, MAKE_WHY, "there is no such `format`");
        else
                return true;
        return false;
}

static void put_option(json_t *words, const char *name, const char *value) {
        if (value)
                (void)json_array_append_new(words, json_sprintf("--%s=%s", name, value));
}

json_t *make_words(const struct make *m, const struct evkeyvalq *query, char why[MAKE_WHY]) {
        json_t *words = check(m, query, why) ? json_array() : NULL;

        if (!words)
                return NULL;
        for (size_t i = 0; i < sizeof m->words / sizeof *m->words && m->words[i]; i++)
                (void)json_array_append_new(words, json_string(m->words[i]));
        for (size_t i = 0; i < MAKE_OPTIONS && m->options[i]; i++)
                put_option(words, m->options[i], find(query, m->options[i]));
        if (m->from && !find(query, "from"))
                put_option(words, "from", m->from);
        if (m->formats)
                put_option(words, "format", make_format(m, query));
        if (m->subject)
                (void)json_array_append_new(words, json_string(find(query, m->subject)));
        return words;
}

void make_file_name(const struct make *m, const struct evkeyvalq *query, char out[100]) {
        const char *subject = find(query, m->subject), *format = make_format(m, query);

        (void)snprintf(out, 100, "wardwatch-%s%s%.40s.%s", strcmp(m->name, "report") == 0 ? "" : m->name,
                       subject && strcmp(m->name, "report") != 0 ? "-" : "", subject ? subject : "",
                       !format                       ? ""
                       : strcmp(format, "text") == 0 ? "txt"
                                                     : format);
}

void make_refuse(struct call *call, enum work_result result, const char *text, const char *cure) {
        if (result == WORK_REFUSED)
                api_refuse(call, strstr(text, "there is no incident") ? 404 : 400, "refused", text, cure);
        else
                api_refuse(call, 503, "failed", *text ? text : "it could not be made",
                           *cure ? cure : "try again; the daemon's log says more");
}
