#include "notify/cap.h"

#include "base/span.h"
#include "base/utf8.h"
#include "notify/template.h"

#include <libxml/xmlwriter.h>

#include <stdio.h>
#include <time.h>
#include <wardwatch/alarm.h>

/* What CAP knows of a hazard. */
static const struct {
        enum ww_hazard hazard;
        const char *category;
} categories[] = {
        { WW_HAZARD_FIRE, "Fire" },
        { WW_HAZARD_EXPLOSION, "Safety" },
        { WW_HAZARD_DISASTER, "Other" },
        { WW_HAZARD_SYSTEM, "Infra" },
};

/* What CAP knows of a priority. */
static const struct {
        const char *urgency, *severity;
} grades[] = {
        [0] = { "Unknown", "Unknown" },
        [WW_PRIORITY_LOW] = { "Expected", "Minor" },
        [WW_PRIORITY_MEDIUM] = { "Expected", "Moderate" },
        [WW_PRIORITY_HIGH] = { "Immediate", "Severe" },
        [WW_PRIORITY_CRITICAL] = { "Immediate", "Extreme" },
};

static const char *const types[] = {
        [NOTIFICATION_FIRST] = "Alert", [NOTIFICATION_AGAIN] = "Update", [NOTIFICATION_CLOSED] = "Cancel"
};

static bool name_byte_good(unsigned char c) {
        return c > 0x20 && c < 0x7f && c != ',' && c != '<' && c != '>' && c != '&';
}

bool cap_name_good(struct ww_str name) {
        for (size_t i = 0; i < name.n; i++)
                if (!name_byte_good((unsigned char)name.p[i]))
                        return false;
        return name.n > 0;
}

void cap_name_put(struct ww_str name, struct buf *out) {
        for (size_t i = 0; i < name.n; i++)
                buf_put_u8(out, name_byte_good((unsigned char)name.p[i]) ? (uint8_t)name.p[i] : '_');
}

void cap_time(int64_t time, char out[static 32]) {
        time_t seconds = (time_t)(time / WW_SECOND);
        struct tm tm;

        (void)gmtime_r(&seconds, &tm);
        if (strftime(out, 32, "%Y-%m-%dT%H:%M:%S-00:00", &tm) == 0)
                out[0] = 0;
}

static const char *category_of(const struct notification *n) {
        enum ww_hazard hazard;

        if (ww_hazard_find(ww_str(notification_text(n, "hazard")), &hazard))
                for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
                        if (categories[i].hazard == hazard)
                                return categories[i].category;
        return "Security";
}

/* --- writing; an error is latched in `failed` --- */

struct writer {
        xmlTextWriterPtr xml;
        bool failed;
};

static void put(struct writer *w, const char *name, const char *text) {
        if (xmlTextWriterWriteElement(w->xml, BAD_CAST name, BAD_CAST text) < 0)
                w->failed = true;
}

/* XML has no way to write most control characters, and the library does not look. */
static void put_str(struct writer *w, const char *name, struct ww_str text) {
        _cleanup_buf_ struct buf clean = BUF_INIT;

        template_put_value(text, text.n, &clean);
        buf_put_u8(&clean, 0);
        if (clean.error)
                w->failed = true;
        else
                put(w, name, (const char *)clean.p);
}

static void begin(struct writer *w, const char *name) {
        if (xmlTextWriterStartElement(w->xml, BAD_CAST name) < 0)
                w->failed = true;
}

static void end(struct writer *w) {
        if (xmlTextWriterEndElement(w->xml) < 0)
                w->failed = true;
}

static int64_t due_or(int64_t due, int64_t other) {
        return due == WW_TIME_NONE ? other : due;
}

/* "sender,identifier,sent" of each one before, with blanks between. */
static void put_references(struct writer *w, const struct cap *cap) {
        json_t *earlier = json_object_get(cap->notification->body, "earlier"), *one;
        _cleanup_buf_ struct buf text = BUF_INIT;
        size_t i;

        json_array_foreach(earlier, i, one) {
                const char *key = json_string_value(json_object_get(one, "key"));
                const char *due = json_string_value(json_object_get(one, "due_at"));
                int64_t time;
                char sent[32];

                if (!key || !due || instant_parse(ww_str(due), 0, &time))
                        continue;
                cap_time(time, sent);
                buf_printf(&text, "%s%.*s,", text.n ? " " : "", WW_STR_ARG(cap->sender));
                cap_name_put(ww_str(key), &text);
                buf_printf(&text, ",%s", sent);
        }
        if (text.n)
                put_str(w, "references", buf_str(&text));
        if (text.error)
                w->failed = true;
}

static void put_area(struct writer *w, const struct cap *cap) {
        struct ww_str zone = ww_str(notification_text(cap->notification, "zone"));

        begin(w, "area");
        put_str(w, "areaDesc", zone.n ? zone : WW_STR("the site"));
        end(w);
}

static void put_info(struct writer *w, const struct cap *cap) {
        const struct notification *n = cap->notification;
        unsigned rank = notification_rank(n);
        bool closed = notification_news(n) == NOTIFICATION_CLOSED;

        begin(w, "info");
        put(w, "category", category_of(n));
        put_str(w, "event", cap->title.n ? cap->title : WW_STR("alarm"));
        put(w, "responseType", closed ? "AllClear" : notification_record(n) ? "Assess" : "Execute");
        put(w, "urgency", closed ? "Past" : grades[rank].urgency);
        put(w, "severity", grades[rank].severity);
        put(w, "certainty", "Observed");
        put_str(w, "headline", cap->title);
        put_str(w, "description", cap->text);
        if (cap->link.n)
                put_str(w, "web", cap->link);
        put_area(w, cap);
        end(w);
}

static void put_alert(struct writer *w, const struct cap *cap) {
        const struct notification *n = cap->notification;
        _cleanup_buf_ struct buf name = BUF_INIT;
        char sent[32], incident[24];

        cap_name_put(ww_str(notification_text(n, "key")), &name);
        cap_time(due_or(notification_due(n), cap->sent), sent);
        (void)snprintf(incident, sizeof incident, "%llu", (unsigned long long)notification_number(n, "incident"));
        if (xmlTextWriterStartElementNS(w->xml, NULL, BAD_CAST "alert",
                                        BAD_CAST "urn:oasis:names:tc:emergency:cap:1.2") < 0 ||
            name.error)
                w->failed = true;
        put_str(w, "identifier", buf_str(&name));
        put_str(w, "sender", cap->sender);
        put(w, "sent", sent);
        put(w, "status", notification_exercise(n) ? "Exercise" : "Actual");
        put(w, "msgType", types[notification_news(n)]);
        put(w, "scope", "Restricted");
        put(w, "restriction",
            notification_covert(n)
                    ? "covert: nothing of it may be heard or shown where the threat could notice; for the "
                      "site's security and its responders"
                    : "for the site's security and its responders");
        put_references(w, cap);
        if (notification_number(n, "incident"))
                put(w, "incidents", incident);
        put_info(w, cap);
        end(w);
}

int cap_put(const struct cap *cap, struct buf *out) {
        xmlBufferPtr bytes = xmlBufferCreate();
        struct writer w = { .xml = bytes ? xmlNewTextWriterMemory(bytes, 0) : NULL };

        if (w.xml) {
                w.failed = xmlTextWriterStartDocument(w.xml, NULL, "UTF-8", NULL) < 0;
                put_alert(&w, cap);
                if (xmlTextWriterEndDocument(w.xml) < 0)
                        w.failed = true;
                xmlFreeTextWriter(w.xml);
        }
        if (w.xml && !w.failed)
                buf_put(out, xmlBufferContent(bytes), (size_t)xmlBufferLength(bytes));
        if (bytes)
                xmlBufferFree(bytes);
        return w.xml && !w.failed ? out->error : -ENOMEM;
}
