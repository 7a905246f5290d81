/*
 * `wardwatch alarms --table`: what may become of an alarm and who may do what, in Markdown. Nothing is said here that
 * the state machine or the table of acts could say.
 */
#include "command/alarms_table.h"

#include "alarm/machine.h"

/* Who brings it, and what it is in words; acts of people have their roles instead of `by`. */
static const struct {
        const char *by, *words;
} events[WW_CAUSE_MAX_] = {
        [WW_CAUSE_RAISE] = { "a rule", "the condition begins" },
        [WW_CAUSE_AGAIN] = { "a rule", "a further match while it goes on" },
        [WW_CAUSE_CLEAR] = { "a rule", "the condition ends" },
        [WW_CAUSE_REGRADE] = { "a rule, a timer", "another priority" },
        [WW_CAUSE_ACKNOWLEDGE] = { NULL, "somebody has seen it" },
        [WW_CAUSE_UNACKNOWLEDGE] = { NULL, "that was a mistake" },
        [WW_CAUSE_RESET] = { NULL, "inspected, and over" },
        [WW_CAUSE_ACK_EXPIRED] = { "a timer", "`acknowledge_expires` of the site" },
        [WW_CAUSE_SHELVE] = { NULL, "hidden for a time, or until it clears once" },
        [WW_CAUSE_UNSHELVE] = { NULL, "shown again; who does it has seen it" },
        [WW_CAUSE_SHELVING_ENDED] = { "a timer", "the time is over" },
        [WW_CAUSE_SUPPRESS] = { "a rule's `mute`", "another alarm makes it meaningless" },
        [WW_CAUSE_UNSUPPRESS] = { "a rule's `mute`", "it does no longer" },
        [WW_CAUSE_OUT_OF_SERVICE] = { NULL, "under a work order" },
        [WW_CAUSE_RETURN_TO_SERVICE] = { NULL, "also by a timer, at the end that was given" },
        [WW_CAUSE_SILENCE] = { NULL, "the sound only; the next alarm sounds again" },
        [WW_CAUSE_SOURCE_LOST] = { "supervision", "stale: where it comes from cannot be heard" },
        [WW_CAUSE_SOURCE_BACK] = { "supervision", "it can be heard again" },
        [WW_CAUSE_CONFIG_REMOVED] = { "a reload", "its rule is gone" },
        [WW_CAUSE_REFUTED] = { "a rule", "a late event speaks against it" },
        [WW_CAUSE_SHIFT_ENDED] = { "a handover", "nobody accepted what was open" },
};

static void put_heads(struct buf *out, const char *first, const char *second) {
        buf_printf(out, "| %s | %s |", first, second);
        for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                buf_printf(out, " %s |", ww_alarm_state_name((enum ww_alarm_state)s));
        buf_puts(out, "\n| --- | --- |");
        for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                buf_puts(out, " --- |");
        buf_puts(out, "\n");
}

static void put_roles(struct buf *out, unsigned roles) {
        const char *comma = "";

        for (size_t i = 0; i < alarm_role_names_n; i++)
                if (roles >> i & 1) {
                        buf_printf(out, "%s%s", comma, alarm_role_names[i]);
                        comma = ", ";
                }
}

/* `=`: it changes, and stays in that state; `!`: it may sound there. */
static void put_cell(struct buf *out, enum ww_alarm_state from, enum ww_cause cause) {
        unsigned sounds, to = machine_outcomes(from, cause, &sounds);

        buf_puts(out, to ? "" : " ·");
        for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                if (to >> s & 1)
                        buf_printf(out, " %s%s", s == (int)from ? "=" : ww_alarm_state_name((enum ww_alarm_state)s),
                                   sounds >> s & 1 ? "!" : "");
        buf_puts(out, " |");
}

static void put_events(struct buf *out) {
        put_heads(out, "event", "by");
        for (int cause = WW_CAUSE_RAISE; cause < WW_CAUSE_MAX_; cause++) {
                buf_printf(out, "| %s: %s | ", ww_cause_name((enum ww_cause)cause), events[cause].words);
                if (events[cause].by)
                        buf_puts(out, events[cause].by);
                else
                        put_roles(out, alarm_act_row((enum ww_cause)cause).roles);
                buf_puts(out, " |");
                for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                        put_cell(out, (enum ww_alarm_state)s, (enum ww_cause)cause);
                buf_puts(out, "\n");
        }
}

static void put_acts(struct buf *out) {
        buf_puts(out, "| act |");
        for (size_t i = 0; i < alarm_role_names_n; i++)
                buf_printf(out, " %s |", alarm_role_names[i]);
        buf_puts(out, " needs |\n| --- |");
        for (size_t i = 0; i <= alarm_role_names_n; i++)
                buf_puts(out, " --- |");
        buf_puts(out, "\n");
        for (int cause = WW_CAUSE_RAISE; cause < WW_CAUSE_MAX_; cause++) {
                struct alarm_act_row row = alarm_act_row((enum ww_cause)cause);

                if (!row.roles)
                        continue;
                buf_printf(out, "| %s |", ww_cause_name((enum ww_cause)cause));
                for (size_t i = 0; i < alarm_role_names_n; i++)
                        buf_puts(out, row.roles >> i & 1 ? " may |" : " · |");
                buf_printf(out, " %s |\n", row.needs);
        }
}

void alarms_table_put(struct buf *out) {
        buf_puts(out,
                 "From each state, to which it may lead, whatever runs beneath: `=` it changes and stays in that "
                 "state, `!` it may ask for attention there, `·` refused, or it says nothing new. An alarm that is "
                 "NORM has ended.\n\n");
        put_events(out);
        buf_puts(out, "\nWho may do what, in the states above:\n\n");
        put_acts(out);
}
