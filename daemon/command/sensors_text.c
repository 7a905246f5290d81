/* Topics, values and events in words, as the parts of `wardwatch sensors` show them. */
#include "command/plain.h"
#include "command/sensors.h"

#include "base/span.h"

#include <ctype.h>
#include <stdio.h>

/* ---- topics ---- */

static bool is_hex(char c) {
        return isxdigit((unsigned char)c) || c == ':' || c == '-';
}

/* A serial number, a MAC address, a UUID: nothing but hex digits, six of them at least, and a decimal one among them.
 */
static bool is_id(struct ww_str level) {
        size_t digits = 0, numbers = 0;

        if (level.n > 2 && level.p[0] == '0' && (level.p[1] | 0x20) == 'x') {
                level.p += 2;
                level.n -= 2;
                numbers = 1;
        }
        for (size_t i = 0; i < level.n; i++) {
                if (!is_hex(level.p[i]))
                        return false;
                digits += isxdigit((unsigned char)level.p[i]) != 0;
                numbers += isdigit((unsigned char)level.p[i]) != 0;
        }
        return digits >= 6 && numbers && digits > numbers;
}

static void put_level(struct ww_str level, struct buf *out) {
        if (is_id(level)) {
                buf_puts(out, "{id}");
                return;
        }
        for (size_t i = 0; i < level.n;) {
                if (!isdigit((unsigned char)level.p[i])) {
                        buf_put(out, &level.p[i++], 1);
                        continue;
                }
                while (i < level.n && isdigit((unsigned char)level.p[i]))
                        i++;
                buf_puts(out, "{n}");
        }
}

void sensors_topic_fold(struct ww_str topic, struct buf *out) {
        for (;;) {
                const char *slash = topic.n ? memchr(topic.p, '/', topic.n) : NULL;
                size_t n = slash ? (size_t)(slash - topic.p) : topic.n;

                put_level((struct ww_str){ topic.p, n }, out);
                if (!slash)
                        return;
                buf_puts(out, "/");
                topic.p += n + 1;
                topic.n -= n + 1;
        }
}

/* ---- on a terminal ---- */

void sensors_put(struct ww_str bytes, size_t max) {
        bool whole = bytes.n <= max;
        _cleanup_free_ char *text = ww_str_copy((struct ww_str){ bytes.p, whole ? bytes.n : max });

        for (size_t i = 0; text && i < (whole ? bytes.n : max); i++)
                if (!text[i])
                        text[i] = '.';
        plain_put(text ? text : "");
        if (!whole)
                (void)fputs("…", stdout);
}

void sensors_put_value(struct ww_value v, struct ww_str unit) {
        if (v.type == WW_NUMBER)
                (void)printf("%.15g", v.number);
        else if (v.type == WW_STRING)
                sensors_put(v.string, 200);
        else if (v.type == WW_BOOL)
                (void)fputs(v.boolean ? "true" : "false", stdout);
        else
                (void)fputs("null", stdout);
        if (unit.n) {
                (void)putchar(' ');
                sensors_put(unit, 64);
        }
}

static void put_flags(uint32_t flags) {
        static const char *const names[] = { "retained", "late",      "clock_skew", "suspect",
                                             "exercise", "duplicate", "initial" };
        const char *before = "  [";

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (flags & (1u << i)) {
                        (void)printf("%s%s", before, names[i]);
                        before = ", ";
                }
        if (*before == ',')
                (void)putchar(']');
}

void sensors_put_event(const struct ww_event *e) {
        char time[32];

        instant_format(e->time, time);
        (void)printf("%.19sZ  ", time);
        sensors_put(e->kind, 64);
        (void)fputs(" of ", stdout);
        sensors_put(e->device, 256);
        if (e->value.type != WW_MISSING) {
                (void)fputs(" = ", stdout);
                sensors_put_value(e->value, e->unit);
        }
        for (size_t i = 0; i < e->n_attrs; i++) {
                (void)fputs("  ", stdout);
                sensors_put(e->attrs[i].name, 64);
                (void)putchar('=');
                sensors_put_value(e->attrs[i].value, WW_STR_NONE);
        }
        put_flags(e->flags);
        if (e->asset.n) {
                (void)fputs("  asset ", stdout);
                sensors_put(e->asset, 64);
                if (e->zone.n) {
                        (void)fputs(" in ", stdout);
                        sensors_put(e->zone, 64);
                }
        }
}
