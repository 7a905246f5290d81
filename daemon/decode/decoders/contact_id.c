/*
 * Contact ID (SIA DC-05), as receivers and gateways write it down:
 *
 *     [SSSS 18QEEEGGZZZC]      account, message type 18 or 98, qualifier, event, group, zone or user, checksum
 *     SSSS|QEEE GG ZZZ         the same inside of SIA DC-09 (ADM-CID), without type and checksum
 *
 * Qualifier 1 is a new event or an opening, 3 a restoral or a closing, 6 a condition that was reported before and still
 * holds. So a group of openings and closings (kind `arm`) is turned round: 3 is armed.
 *
 * The checksum counts the 15 digits, 0 as 10, A to F as 10 to 15; their sum is a multiple of 15. Gateways that put a
 * name in the account's place leave nothing to check: then there is no `crc_ok`.
 */
#include "decode/decoders.h"
#include "decode/decoders/panel.h"

#define DIGITS_DATA 9  /* QEEEGGZZZ */
#define DIGITS_MAX  16 /* of the compact form, account included */

static enum ww_state state_of(char qualifier, const struct panel_code *row) {
        bool ended = qualifier == '3';

        if (row && strcmp(row->kind, "arm") == 0 && qualifier != '6')
                ended = !ended;
        return ended ? WW_STATE_NORMAL : WW_STATE_ACTIVE;
}

/* The hex digits of `text` without the blanks between them. False: something else is there, or more than `max`. */
static bool digits_of(struct ww_str text, char *digits, size_t max, size_t *ret_n) {
        size_t n = 0;

        for (size_t i = 0; i < text.n; i++) {
                if (text.p[i] == ' ')
                        continue;
                if (!panel_is_hex(text.p[i]) || n == max)
                        return false;
                digits[n++] = text.p[i];
        }
        *ret_n = n;
        return true;
}

static int write_report(struct decoder_out *out, struct ww_str account, struct ww_str digits, size_t at) {
        struct panel_report report = { .account = account };
        struct ww_str zone = { digits.p + 6, 3 };

        if (!strchr("136", *digits.p))
                return decoder_fail(out, at, "the qualifier is none of 1, 3 and 6");
        report.row = contact_id_code((struct ww_str){ digits.p + 1, 3 });
        report.state = state_of(*digits.p, report.row);
        report.code = decoder_printf(out, "%.4s", digits.p);
        report.partition = decoder_printf(out, "%.2s", digits.p + 4);
        if (!ww_str_is(zone, "000"))
                report.zone = decoder_printf(out, "%.3s", zone.p);
        panel_report_begin(out, &report);
        decoder_put_unsigned(out, "qualifier", (uint64_t)(*digits.p - '0'));
        decoder_put_text(out, "event", decoder_printf(out, "%.3s", digits.p + 1));
        decoder_object_end(out);
        return 0;
}

int contact_id_report(struct decoder_out *out, struct ww_str account, struct ww_str data, size_t at) {
        char digits[DIGITS_DATA];
        size_t n;

        if (!digits_of(data, digits, sizeof digits, &n) || n != DIGITS_DATA)
                return decoder_fail(out, at, "a report is QEEE GG ZZZ: nine digits");
        return write_report(out, account, (struct ww_str){ digits, n }, at);
}

/* --- the compact form --- */

static bool checksum_holds(const char *digits, size_t n) {
        unsigned sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += digits[i] == '0' ? 10 : (unsigned)panel_hex_digit(digits[i]);
        return sum % 15 == 0;
}

static bool is_account(char c) {
        return c != ' ' && c != '|' && c != '[' && c != ']' && (unsigned char)c > 0x20;
}

static int read_compact(struct decoder_out *out, struct ww_str text, struct ww_str account, size_t at) {
        char digits[DIGITS_MAX];
        struct ww_str whole = { digits, 4 };
        bool checkable = account.n == 4;
        size_t n;

        for (size_t i = 0; checkable && i < account.n; i++)
                checkable = panel_is_hex(account.p[i]);
        if (checkable)
                memcpy(digits, account.p, 4);
        if (!digits_of(text, digits + 4, 12, &n) || n < 11 ||
            (memcmp(digits + 4, "18", 2) && memcmp(digits + 4, "98", 2)))
                return decoder_fail(out, at, "a report is SSSS 18 Q EEE GG ZZZ C");
        if (checkable && n == 12)
                decoder_put_bool(out, "crc_ok", checksum_holds(digits, 16));
        decoder_key(out, WW_STR("events"));
        decoder_array_begin(out);
        whole.p = digits + 6;
        whole.n = DIGITS_DATA;
        n = (size_t)write_report(out, account, whole, at);
        decoder_array_end(out);
        return (int)n;
}

static int read_parts(struct decoder_out *out, struct ww_str data, struct ww_str account, size_t at) {
        int r;

        decoder_key(out, WW_STR("events"));
        decoder_array_begin(out);
        r = contact_id_report(out, account, panel_trim(data), at);
        decoder_array_end(out);
        return r;
}

static int read_message(void *state, const struct decoder_message *message, struct decoder_out *out) {
        const char *start = message->payload.p;
        struct ww_str text = panel_trim(message->payload), account;
        bool open = panel_take_char(&text, '[');
        int r;

        if (open && (text.n == 0 || text.p[--text.n] != ']'))
                return decoder_fail(out, message->payload.n, "the closing bracket is missing");
        (void)panel_take_char(&text, '#');
        account = panel_take(&text, is_account);
        /* sixteen digits without a blank: the account is four of them */
        if (text.n == 0 && account.n >= 15) {
                text = (struct ww_str){ account.p + 4, account.n - 4 };
                account.n = 4;
        }
        if (account.n == 0)
                return decoder_fail(out, (size_t)(account.p - start), "no account");
        decoder_object_begin(out);
        decoder_put_text(out, "account", account);
        r = panel_take_char(&text, '|') ? read_parts(out, text, account, (size_t)(text.p - start))
                                        : read_compact(out, text, account, (size_t)(text.p - start));
        decoder_object_end(out);
        return r;
}

const struct decoder decoder_contact_id = { .read = read_message };
