/* The words of the files, and what the reference says of them. */
#include "response/rules_load.h"

/* clang-format off */
const struct rules_key rules_file_keys[] = {
        { "incidents", "how alarms gather into incidents; one such group in all files", "incidents", false },
        { "procedures", "what is to be done", "procedure", false },
        { "dispositions", "what an incident may turn out to be; without any the usual ones hold", "disposition", false },
        { "required", "which incidents need a disposition to be closed; without it all", "required", false },
        { "escalations", "who is told when nobody acts; the first that matches is the ladder", "escalation", false },
        { "channels", "ways to tell people", "channel", false },
        { "recipients", "people and offices that are told", "recipient", false },
        { "posts", "places that are manned", "post", false },
        { "handover", "how shifts are handed over; one such group in all files", "handover", false },
};

const struct rules_key rules_incidents_keys[] = {
        { "gather", "which alarms are one incident: those of one hazard in one place, shortly after each other", "gather", false },
        { "from", "the least priority that opens an incident; lower ones only join: low, medium, high, critical; default medium", "priority", false },
        { "hold_max", "how long an incident may be put aside; default 4h", "span", false },
};

const struct rules_key rules_gather_keys[] = {
        { "by", "type of zone that is one place: `ward`; without it the alarm's own zone", "text", false },
        { "within", "an alarm joins if the last one is younger; default 30m", "span", false },
};

const struct rules_key rules_procedure_keys[] = {
        { "procedure", "its name, as rules' `raise: {procedure: …}` has it", "text", true },
        { "title", "what people read", "text", false },
        { "steps", "what is to be done, in order", "step", true },
};

const struct rules_key rules_step_keys[] = {
        { "step", "its name within the procedure", "text", true },
        { "text", "what to do; may hold `{zone}`, `{title}`, `{hazard}`, `{priority}`, `{incident}`; what is not known reads as `an unknown place`, in the text's language", "text", true },
        { "role", "who does it: operator, supervisor, maintenance; without it anybody", "role", false },
        { "required", "true: the incident cannot be resolved before it is done or skipped; default false", "bool", false },
        { "when", "an expression over hazard, priority, zone, title, exercise; without it always", "text", false },
        { "link", "a page that helps; may hold the same words as the text", "text", false },
        { "action", "a command to the field, sent when somebody runs the step", "action", false },
};

const struct rules_key rules_action_keys[] = {
        { "topic", "the MQTT topic; may hold `{zone}`, `{hazard}`, `{priority}`, `{incident}`; if one is not known, there is no command, and people do it by hand", "text", true },
        { "payload", "what is sent; may hold the same words", "text", true },
        { "confirm", "the event that says that it was done; without it sent is done", "confirm", false },
        { "within", "how long to wait for it; default 10s", "span", false },
};

const struct rules_key rules_confirm_keys[] = {
        { "kind", "kind of the event: `lock.locked`", "text", true },
        { "zone", "zone of the event; may hold `{zone}`; without it any", "text", false },
};

const struct rules_key rules_disposition_keys[] = {
        { "code", "its name", "text", true },
        { "title", "what people read", "text", false },
        { "outcome", "genuine, nuisance, false, test, drill, duplicate", "outcome", true },
        { "report", "true: it has to be reported; default false", "bool", false },
        { "two_persons", "always, critical (of incidents of that priority) or never; default never", "two_persons", false },
};

const struct rules_key rules_required_keys[] = {
        { "hazard", "of these hazards; without it of all", "hazards", false },
        { "priority", "of these priorities; without it of all", "priorities", false },
};

const struct rules_key rules_escalation_keys[] = {
        { "escalation", "its name", "text", true },
        { "match", "which incidents; without it all that are no drill", "match", false },
        { "steps", "who is told, and when", "rung", true },
};

const struct rules_key rules_match_keys[] = {
        { "hazard", "one, or a list", "hazards", false },
        { "priority", "one, or a list", "priorities", false },
        { "zone", "one, or a list; what lies in them counts", "texts", false },
        { "schedule", "while these hours of the site last", "text", false },
        { "exercise", "true: drills only; without it no drills", "bool", false },
};

const struct rules_key rules_rung_keys[] = {
        { "after", "so long after the incident opened", "span", true },
        { "to", "recipients or posts: one, or a list", "texts", true },
        { "by", "channels: one, or a list", "texts", true },
        { "until", "not if the incident is this far: acknowledged, dispatched, resolved; default acknowledged", "until", false },
};

const struct rules_key rules_channel_keys[] = {
        { "channel", "its name; how it is reached stands in the daemon's configuration", "text", true },
        { "title", "what people read", "text", false },
        { "fallback", "the channel to take when this one fails", "text", false },
        { "closing", "true: who was told by it is told as well when the incident is closed; default false", "bool", false },
        { "overt", "true: it may be seen or heard where the threat is, as a screen in a ward or a siren: what is covert is withheld from it, and goes by the fallback; default false", "bool", false },
};

const struct rules_key rules_recipient_keys[] = {
        { "recipient", "its name", "text", true },
        { "title", "what people read", "text", false },
        { "address", "for each channel the address there", "addresses", false },
};

const struct rules_key rules_post_keys[] = {
        { "post", "its name", "text", true },
        { "title", "what people read", "text", false },
        { "zone", "where it is, for the event that it is short of people", "text", false },
        { "persons", "how many it takes; default 1", "number", false },
        { "manning", "how many are to be there; the first entry whose hours last holds, and where none does nobody has to be; without it nobody watches", "manning", false },
};

const struct rules_key rules_manning_keys[] = {
        { "schedule", "while these hours of the site last; without it always", "text", false },
        { "persons", "how many, 0 is none; default those of the post", "number", false },
};

const struct rules_key rules_handover_keys[] = {
        { "within", "the time to accept what is handed over; then an incident opens, and its ladder begins; default 15m", "span", false },
};
/* clang-format on */

#define RULES_KEYS_COUNT(name)                                                                                         \
        const size_t rules_##name##_keys_n = sizeof rules_##name##_keys / sizeof *rules_##name##_keys;
RULES_KEYS(RULES_KEYS_COUNT)

#define TABLE(name, title)                                                                                             \
        { #name, title, rules_##name##_keys, &rules_##name##_keys_n }

const struct rules_keys rules_keys[] = {
        TABLE(file, "A file of the response"),
        TABLE(incidents, "`incidents`"),
        TABLE(gather, "`gather`"),
        TABLE(procedure, "A procedure"),
        TABLE(step, "A step of a procedure"),
        TABLE(action, "`action`"),
        TABLE(confirm, "`confirm`"),
        TABLE(disposition, "A disposition"),
        TABLE(required, "`required`"),
        TABLE(escalation, "An escalation"),
        TABLE(match, "`match` of an escalation"),
        TABLE(rung, "A step of an escalation"),
        TABLE(channel, "A channel"),
        TABLE(recipient, "A recipient"),
        TABLE(post, "A post"),
        TABLE(manning, "`manning` of a post"),
        TABLE(handover, "`handover`"),
};
const size_t rules_keys_n = sizeof rules_keys / sizeof *rules_keys;
