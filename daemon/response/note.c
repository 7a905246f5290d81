/* What people write down: added to, never changed. */
#include "response/incident.h"

#include "journal/record_json.h"
#include "response/verbs_run.h"

#define AMENDMENTS_MAX 50
#define SHA256_DIGITS  64

static bool is_sha256(const char *text) {
        return text && strlen(text) == SHA256_DIGITS && strspn(text, "0123456789abcdef") == SHA256_DIGITS;
}

/* RFC 6838: "image/jpeg" */
static bool is_media_type(const char *text) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
        size_t n = strspn(text, letters);

        return n && text[n] == '/' && text[n + 1] && strspn(text + n + 1, letters) == strlen(text + n + 1) &&
               strlen(text) <= 127;
}

/* {name, sha256, size, where, type}: the file itself is kept elsewhere; its hash proves which it was. */
static int attachment_of(struct response_call *c, json_t **ret) {
        json_t *given = json_object_get(c->request, "attachment");
        const char *name = json_string_value(json_object_get(given, "name"));
        const char *where = json_string_value(json_object_get(given, "where"));
        const char *sha256 = json_string_value(json_object_get(given, "sha256"));
        const char *type = json_string_value(json_object_get(given, "type"));
        json_int_t size = json_integer_value(json_object_get(given, "size"));

        *ret = json_null();
        if (!given || json_is_null(given))
                return 0;
        if (!name || !*name || strlen(name) > 255 || !where || strlen(where) > 1000 || !is_sha256(sha256) || size < 0 ||
            (type && !is_media_type(type)))
                return call_refuse(c, REFUSED_MALFORMED,
                                   "`attachment` must be {name, sha256, size, where, type}: sha256 in 64 small hex "
                                   "digits, type such as image/jpeg, or left out");
        *ret = json_pack("{s:s, s:s, s:I, s:s, s:s}", "name", name, "sha256", sha256, "size", size, "where", where,
                         "type", type ? type : "");
        return *ret ? 0 : -ENOMEM;
}

int verb_note(struct response_call *c) {
        struct subject *incident, *s;
        struct ww_str text;
        json_t *attachment;
        int r = call_subject(c, WW_SUBJECT_INCIDENT, &incident);

        if (!r)
                r = call_text(c, "text", true, &text);
        if (!r)
                r = call_room(c, incident, WW_SUBJECT_NOTE);
        if (!r)
                r = attachment_of(c, &attachment);
        if (r)
                return r;
        s = subject_new(c->r, WW_SUBJECT_NOTE, incident);
        if (!s) {
                json_decref(attachment);
                return -ENOMEM;
        }
        body_set_text(s, "text", text);
        body_set(s, "attachment", attachment);
        body_set_text(s, "by", c->act.actor);
        body_set_time(s, "at", c->act.now);
        body_set(s, "amendments", json_array());
        return subject_changed(c->r, s, "noted", &c->act);
}

/* A note, or a disposition: whichever the request names. */
static int amended_of(struct response_call *c, struct subject **ret) {
        bool note = json_object_get(c->request, "note") != NULL;

        return call_kept(c, note ? WW_SUBJECT_NOTE : WW_SUBJECT_DISPOSITION, ret);
}

int verb_amend(struct response_call *c) {
        struct subject *s;
        struct ww_str text;
        json_t *list;
        int r = amended_of(c, &s);

        if (!r)
                r = call_text(c, "text", true, &text);
        if (r)
                return r;
        list = json_object_get(s->body, "amendments");
        if (json_array_size(list) >= AMENDMENTS_MAX)
                return call_refuse(c, REFUSED_LIMIT, "%d amendments", AMENDMENTS_MAX);
        if (json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "at", record_json_time(c->act.now), "by",
                                                  record_json_str(c->act.actor), "text", record_json_str(text))) < 0)
                return -ENOMEM;
        return subject_changed(c->r, s, "amended", &c->act);
}
