#include "decode/decoders/panel.h"

bool panel_is_digit(char c) {
        return c >= '0' && c <= '9';
}

bool panel_is_hex(char c) {
        return panel_is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

int panel_hex_digit(char c) {
        return panel_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

struct ww_str panel_take(struct ww_str *text, bool (*is)(char c)) {
        struct ww_str taken = { text->p, 0 };

        while (taken.n < text->n && is(text->p[taken.n]))
                taken.n++;
        text->p += taken.n;
        text->n -= taken.n;
        return taken;
}

bool panel_take_char(struct ww_str *text, char c) {
        if (text->n == 0 || *text->p != c)
                return false;
        text->p++;
        text->n--;
        return true;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct ww_str panel_trim(struct ww_str text) {
        (void)panel_take(&text, is_blank);
        while (text.n && is_blank(text.p[text.n - 1]))
                text.n--;
        return text;
}

void panel_report_begin(struct decoder_out *out, const struct panel_report *report) {
        const char *state = report->state == WW_STATE_PULSE ? "pulse" : ww_state_name(report->state);

        decoder_object_begin(out);
        decoder_put_text(out, "account", report->account);
        decoder_put_text(
                out, "device",
                report->zone.n ? decoder_printf(out, "%.*s/%.*s", WW_STR_ARG(report->account), WW_STR_ARG(report->zone))
                               : report->account);
        decoder_put_text(out, "code", report->code);
        decoder_put_text(out, "kind", ww_str(report->row ? report->row->kind : "unknown"));
        decoder_put_text(out, "state", ww_str(state));
        if (report->row)
                decoder_put_text(out, "text", ww_str(report->row->text));
        if (report->partition.n)
                decoder_put_text(out, "partition", report->partition);
        if (report->zone.n)
                decoder_put_text(out, "zone", report->zone);
}
