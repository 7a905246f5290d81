#include "report/chart.h"

#include "base/utf8.h"
#include "report/markup.h"

#include <math.h>
#include <string.h>

#define WIDTH  680.0
#define LEFT   190.0 /* of labels */
#define RIGHT  70.0  /* of numbers */
#define ROW    18.0
#define HEIGHT 160.0
#define BAR    "class=\"b\"" /* grey */
#define BEYOND "class=\"x\"" /* beyond its target */

/* As many characters as have room, and … */
static void put_label(const char *text, size_t room, struct buf *out) {
        _cleanup_buf_ struct buf cut = BUF_INIT;
        const char *p = text;

        for (size_t n = 0; *p && n < room; n++) {
                size_t k = utf8_length(p, strlen(p));

                p += k ? k : 1;
        }
        buf_put(&cut, text, (size_t)(p - text));
        buf_puts(&cut, *p ? "…" : "");
        buf_put_u8(&cut, 0);
        if (!cut.error)
                markup_text(out, ww_str((const char *)cut.p));
}

/* The next of 1, 2, 5, 10, 20 … */
static double round_up(double v) {
        double unit = v > 0 ? pow(10, floor(log10(v))) : 1;

        return v <= unit ? unit : v <= 2 * unit ? 2 * unit : v <= 5 * unit ? 5 * unit : 10 * unit;
}

static double most(const struct chart *c) {
        double v = c->limit;

        for (size_t i = 0; i < c->n; i++)
                v = c->points[i].value > v ? c->points[i].value : v;
        return v > 0 ? v : 1;
}

/* The title, and every number as text. */
static void begin(const struct chart *c, double height, struct buf *out) {
        buf_printf(out, "<svg role=\"img\" viewBox=\"0 0 %g %g\"><title>", WIDTH, height);
        markup_text(out, ww_str(c->title));
        buf_puts(out, "</title><desc>");
        for (size_t i = 0; i < c->n && i < 60; i++) {
                buf_puts(out, i ? "; " : "");
                markup_text(out, ww_str(c->points[i].label));
                buf_printf(out, ": %g%s", c->points[i].value, c->points[i].beyond ? " (beyond target)" : "");
        }
        buf_printf(out, "%s</desc>\n", c->n > 60 ? " …" : "");
}

static void put_limit(double x1, double y1, double x2, double y2, struct buf *out) {
        buf_printf(out, "<line class=\"l\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x1, y1, x2, y2);
}

/* 2026-01-31 22:00 */
static void put_name(const struct chart *c, const char *label, struct buf *out) {
        if (c->time_label && strlen(label) > 16)
                buf_printf(out, "%.16s", label);
        else
                put_label(label, 30, out);
}

static void put_bar(const struct chart *c, const struct chart_point *p, double y, double scale, struct buf *out) {
        double width = p->value > 0 ? p->value * scale : 0;

        buf_printf(out, "<text class=\"r\" x=\"%.1f\" y=\"%.1f\">", LEFT - 6, y + 12);
        put_name(c, p->label, out);
        buf_printf(out, "</text><rect %s x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                   p->beyond ? BEYOND : BAR, LEFT, y + 3, width, ROW - 6);
        buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\">%.4g</text>\n", LEFT + width + 4, y + 12, p->value);
}

void chart_bars(const struct chart *c, struct buf *out) {
        double scale = (WIDTH - LEFT - RIGHT) / most(c), height = (double)c->n * ROW + 4;

        begin(c, height, out);
        for (size_t i = 0; i < c->n; i++)
                put_bar(c, &c->points[i], (double)i * ROW, scale, out);
        if (c->limit > 0)
                put_limit(LEFT + c->limit * scale, 0, LEFT + c->limit * scale, height, out);
        buf_puts(out, "</svg>\n");
}

void chart_pareto(const struct chart *c, double total, struct buf *out) {
        double room = WIDTH - LEFT - RIGHT, height = (double)c->n * ROW + 4, sum = 0;

        begin(c, height, out);
        for (size_t i = 0; i < c->n; i++)
                put_bar(c, &c->points[i], (double)i * ROW, room / most(c), out);
        buf_puts(out, "<polyline class=\"p\" points=\"");
        for (size_t i = 0; i < c->n; i++) {
                sum += c->points[i].value;
                buf_printf(out, "%.1f,%.1f ", LEFT + (total > 0 ? sum / total : 0) * room, ((double)i + 0.5) * ROW);
        }
        buf_printf(out, "\"/><text class=\"r\" x=\"%.1f\" y=\"%.1f\">together %.1f %%</text></svg>\n", WIDTH,
                   height - 6, total > 0 ? 100 * sum / total : 0);
}

/* --- a line --- */

static void put_axis(const struct chart *c, double top, struct buf *out) {
        static const double bottom = HEIGHT - 18;

        for (int i = 0; i <= 2; i++) {
                double y = bottom - (bottom - 8) * i / 2;

                buf_printf(out, "<line class=\"g\" x1=\"40\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\"/>", y, WIDTH, y);
                buf_printf(out, "<text class=\"r\" x=\"36\" y=\"%.1f\">%g</text>\n", y + 4, top * i / 2);
        }
        buf_printf(out, "<text x=\"40\" y=\"%g\">", HEIGHT - 4);
        put_name(c, c->points[0].label, out);
        buf_printf(out, "</text><text class=\"r\" x=\"%g\" y=\"%g\">", WIDTH, HEIGHT - 4);
        put_name(c, c->end_label, out);
        buf_puts(out, "</text>\n");
}

void chart_line(const struct chart *c, struct buf *out) {
        const double bottom = HEIGHT - 18, top = round_up(most(c)), room = WIDTH - 40;
        const double from = c->n ? c->points[0].at : 0, span = c->end > from ? c->end - from : 1;

        begin(c, HEIGHT, out);
        if (c->n)
                put_axis(c, top, out);
        for (size_t i = 0; i < c->n; i++) {
                double height = (bottom - 8) * c->points[i].value / top;
                double next = i + 1 < c->n ? c->points[i + 1].at : c->end;

                if (height > 0 && next > c->points[i].at)
                        buf_printf(out, "<rect %s x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
                                   c->points[i].beyond ? BEYOND : BAR, 40 + (c->points[i].at - from) / span * room,
                                   bottom - height, (next - c->points[i].at) / span * room, height);
        }
        if (c->limit > 0)
                put_limit(40, bottom - (bottom - 8) * c->limit / top, WIDTH, bottom - (bottom - 8) * c->limit / top,
                          out);
        buf_puts(out, "</svg>\n");
}

/* --- percentiles --- */

static void put_percentiles(const struct chart_percentile_row *r, double y, double scale, struct buf *out) {
        bool beyond = r->p80 > r->limit80 || r->p985 > r->limit985;

        buf_printf(out, "<text class=\"r\" x=\"%.1f\" y=\"%.1f\">", LEFT - 6, y + 12);
        put_label(r->label, 30, out);
        buf_printf(out, "</text><rect %s x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", beyond ? BEYOND : BAR,
                   LEFT + r->median * scale, y + 5, (r->p985 - r->median) * scale + 1, ROW - 10);
        buf_printf(out, "<rect %s x=\"%.1f\" y=\"%.1f\" width=\"3\" height=\"%.1f\"/>", beyond ? BEYOND : BAR,
                   LEFT + r->p80 * scale, y + 2, ROW - 4);
        put_limit(LEFT + r->limit80 * scale, y + 1, LEFT + r->limit80 * scale, y + ROW - 1, out);
        put_limit(LEFT + r->limit985 * scale, y + 1, LEFT + r->limit985 * scale, y + ROW - 1, out);
}

void chart_percentiles(const char *title, const struct chart_percentile_row *rows, size_t n, struct buf *out) {
        double height = (double)n * ROW + 18, end = 1, scale;

        for (size_t i = 0; i < n; i++) {
                end = rows[i].p985 > end ? rows[i].p985 : end;
                end = rows[i].limit985 > end ? rows[i].limit985 : end;
        }
        end = round_up(end);
        scale = (WIDTH - LEFT - RIGHT) / end;
        buf_printf(out, "<svg role=\"img\" viewBox=\"0 0 %g %g\"><title>", WIDTH, height);
        markup_text(out, ww_str(title));
        buf_puts(out, "</title><desc>");
        for (size_t i = 0; i < n; i++) {
                markup_text(out, ww_str(rows[i].label));
                buf_printf(out, ": median %.4g s, 80 %% within %.4g s, 98.5 %% within %.4g s; ", rows[i].median,
                           rows[i].p80, rows[i].p985);
        }
        buf_puts(out, "</desc>\n");
        for (size_t i = 0; i < n; i++)
                put_percentiles(&rows[i], (double)i * ROW, scale, out);
        buf_printf(out,
                   "<text x=\"%.1f\" y=\"%.1f\">0 s</text><text class=\"r\" x=\"%.1f\" y=\"%.1f\">%g s</text></svg>\n",
                   LEFT, height - 4, WIDTH - RIGHT, height - 4, end);
}
