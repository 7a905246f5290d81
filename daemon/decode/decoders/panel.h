#pragma once
/*
 * Reports of alarm panels, by Contact ID or SIA: what both have in common. A report becomes a member of `events`:
 *
 *     {account, device, code, kind, state, text, partition, zone, …}
 *
 * `device` is "ACCOUNT/ZONE", or the account alone where no zone or user is named; `kind` a word of the vocabulary;
 * `state` active or normal, as the report says; for a pulse only `normal` (a restoral) says something.
 */
#include <wardwatch/decoder.h>
#include <wardwatch/kind.h>

#define PANEL_EVENTS_MAX 128 /* of one message; the others are left out */

struct panel_code {
        const char *code, *kind, *text;
        enum ww_state state; /* PULSE: neither active nor normal */
};

/* NULL if the table has no such code */
const struct panel_code *contact_id_code(struct ww_str code);
const struct panel_code *sia_code(struct ww_str code);

struct panel_report {
        struct ww_str account, code, partition, zone; /* zone: or user; "" = none */
        const struct panel_code *row;                 /* NULL: not in the table */
        enum ww_state state;
};

/** The members that every report has; the object stays open for more. */
void panel_report_begin(struct decoder_out *out, const struct panel_report *report);

/** Reads and writes "QEEE GG ZZZ" (one Contact ID report, blanks optional) as an item of `events`. `at`: where it
 *  stands in the payload. 0 or -EBADMSG. */
int contact_id_report(struct decoder_out *out, struct ww_str account, struct ww_str data, size_t at);

/** Takes from the front of `text` what consists of characters for which `is` holds. */
struct ww_str panel_take(struct ww_str *text, bool (*is)(char c));
/** Takes one character, if it is this. */
bool panel_take_char(struct ww_str *text, char c);
bool panel_is_digit(char c);
bool panel_is_hex(char c);
int panel_hex_digit(char c); /* its value; c is one */
struct ww_str panel_trim(struct ww_str text);
