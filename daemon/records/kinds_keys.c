/* The words of rules/records, and what the reference says of them. */
#include "records/kinds_load.h"

/* clang-format off */
const struct rules_key kinds_file_keys[] = {
        { "records", "kinds of records", "record", false },
        { "examples", "what must come of acts, events and hours; `wardwatch check` plays them", "example", false },
};

const struct rules_key kinds_record_keys[] = {
        { "record", "its name: `hazard`; events, commands and tables have it", "text", true },
        { "title", "what people read", "text", false },
        { "duty", "the duty of the department's standing orders that it serves, 1 to 15", "number", false },
        { "number", "what its numbers look like: `HZ-{n}`, `{year}` too; default: its name, `-`, and the number", "text", false },
        { "label", "the field that tells one from another in lists; default: its first text", "text", false },
        { "read", "roles that may read it: it is restricted then; without it everybody", "roles", false },
        { "max", "how many may be open at once; a further one is refused, and counted; default 1000", "number", false },
        { "fields", "what it holds", "field", true },
        { "states", "where it can stand; the first is where it begins", "state", true },
        { "acts", "what people do with it", "act", true },
        { "clocks", "what falls due", "clock", false },
        { "opens", "what makes one without a person's act", "opens", false },
};

const struct rules_key kinds_field_keys[] = {
        { "field", "its name", "name", true },
        { "type", "what it holds, see the types", "type", true },
        { "title", "what people read", "text", false },
        { "must", "true: it has to be there from the beginning; default false", "bool", false },
        { "in", "states in which it has to be there", "texts", false },
        { "words", "of a `choice`: what may be chosen; of a `checklist`: its items", "texts", false },
        { "of", "of a `record`: the kind that it refers to; of a `member`: the list of the site", "text", false },
        { "unit", "of a `number`: what it counts: `persons`, `%`", "text", false },
        { "least", "of a `number`: the least that it may be", "decimal", false },
        { "most", "of a `number`: the most that it may be", "decimal", false },
        { "max", "bytes of a text, default 2000; entries of a list or log, default 200", "number", false },
        { "fixed", "true: `amend` may not change it; default false", "bool", false },
        { "tell", "true: events of the record carry it as an attribute; default false", "bool", false },
};

const struct rules_key kinds_state_keys[] = {
        { "state", "its name", "text", true },
        { "title", "what people read", "text", false },
        { "over", "true: with this it is over, and nothing changes it any more; default false", "bool", false },
        { "list", "while it stands so, one of its fields is a member of a list of the site; one, or a list of them", "list", false },
};

const struct rules_key kinds_list_keys[] = {
        { "name", "the list", "text", true },
        { "member", "the field whose content is the member", "text", true },
        { "if", "only while this field of type `bool` is true", "text", false },
};

const struct rules_key kinds_act_keys[] = {
        { "act", "its name; `amend` is there by itself", "text", true },
        { "title", "what people read", "text", false },
        { "from", "states in which it can be done; without it in all that are not over; `[]`: it makes a new record", "texts", false },
        { "to", "the state after it; without it the state stays", "text", false },
        { "roles", "who may; without it operators and supervisors; `[]`: nobody, only its event", "roles", false },
        { "other_than", "acts whose doer may not do this one: a second person is needed", "texts", false },
        { "reason", "true: must say why; default false", "bool", false },
        { "takes", "fields that it may bring, `[]`: none; without it all but those that are `fixed`", "texts", false },
        { "must", "fields that have to be there after it", "texts", false },
        { "brings", "fields that it has to bring itself, even where there is something already: the next holder", "texts", false },
        { "sign", "the field of type `signature` that it signs", "text", false },
        { "log", "the field of type `log` to which it adds an entry of what it brings", "text", false },
        { "words", "of an entry of `log`: what it may hold, the first of them always; without it any words", "texts", false },
        { "check", "the `checklist` of which it answers items", "text", false },
        { "done", "with `check`: the state once every item has its answer", "text", false },
        { "makes", "another record that it opens", "makes", false },
        { "send", "the MQTT topic to which the record is sent, QoS 1; may hold `{number}`, `{record}`", "text", false },
        { "notify", "who is sent the record by the notifier, with retries, and each attempt in the record", "notify", false },
        { "on", "the event that does it", "on", false },
        { "fields", "what the event fills in: field: source, see the sources", "pairs", false },
};

const struct rules_key kinds_on_keys[] = {
        { "kind", "kind of the event: `visitor.left`", "text", true },
        { "match", "field, or `number`: source; only records in which these are equal", "pairs", false },
        { "unless", "field: source; only if the field is neither equal nor a zone around it", "pairs", false },
};

const struct rules_key kinds_makes_keys[] = {
        { "record", "its kind", "text", true },
        { "fields", "field: source; sources are this record's fields, and `number`, `title`, `=text`, `now`", "pairs", false },
        { "given", "fields of it that the act brings", "texts", false },
};

const struct rules_key kinds_notify_keys[] = {
        { "by", "channels of the response: one, or a list", "texts", true },
        { "to", "recipients or posts of the response: one, or a list", "texts", false },
        { "whom", "instead of `to`: the field of type `choice` that names one; nobody is told while it is empty", "text", false },
        { "priority", "how urgent it is for the channels; default medium", "priority", false },
};

const struct rules_key kinds_clock_keys[] = {
        { "clock", "its name", "text", true },
        { "title", "what people read when it is overdue", "text", false },
        { "in", "states in which it runs; without it in all that are not over", "texts", false },
        { "at", "the field of type `time` or `date` at which it falls due; without it the begin of the state", "text", false },
        { "after", "so long after that", "span", false },
        { "to", "the state into which it goes by itself then", "text", false },
        { "hazard", "hazard of the alarm, see rules/hospital/records.yaml; without it no alarm", "hazard", false },
        { "priority", "its priority; default low", "priority", false },
};

const struct rules_key kinds_opens_keys[] = {
        { "on", "an event", "on", false },
        { "incident", "an incident", "incident", false },
        { "plan", "kind of the records that plan these", "text", false },
        { "while", "states of the plan in which it holds; without it all that are not over", "texts", false },
        { "schedule", "the plan's field of type `schedule`: one at each beginning of those hours", "text", false },
        { "every", "the plan's field of type `duration`: one in each such span", "text", false },
        { "begin", "the plan's field of type `time` from which `every` counts; default when the plan began", "text", false },
        { "to", "the state in which it begins; default the first", "text", false },
        { "fields", "what is filled in: field: source, see the sources", "pairs", false },
};

const struct rules_key kinds_incident_keys[] = {
        { "hazard", "one, or a list", "hazards", false },
        { "priority", "one, or a list", "priorities", false },
        { "zone", "one, or a list; what lies in them counts", "texts", false },
        { "schedule", "while these hours of the site last", "text", false },
        { "exercise", "true: drills only; without it no drills", "bool", false },
        { "when", "opened, resolved, disposed or closed; default opened", "when", false },
        { "code", "of these dispositions; goes with `when: disposed`", "texts", false },
};
const struct rules_key kinds_example_keys[] = {
        { "example", "what it shows", "text", true },
        { "steps", "what happens, in its order; a virtual clock begins on Monday, 2026-01-05 at 08:00 UTC", "step", true },
};

const struct rules_key kinds_step_keys[] = {
        { "at", "when, from the beginning; default with the step before", "span", false },
        { "record", "the kind; the newest open record of it is meant", "text", false },
        { "act", "an act on it", "text", false },
        { "fields", "what the act brings", "pairs", false },
        { "by", "who does it; default example", "text", false },
        { "roles", "as what; default operator and supervisor", "roles", false },
        { "reason", "why", "text", false },
        { "refused", "the act must be refused, with this name: `same-person`", "text", false },
        { "event", "an event of this kind comes", "text", false },
        { "device", "its device", "text", false },
        { "asset", "its asset", "text", false },
        { "zone", "its zone", "text", false },
        { "value", "its value", "text", false },
        { "attributes", "its attributes", "pairs", false },
        { "state", "then the record is in this state; `over`: none is open", "text", false },
        { "overdue", "then this clock of it has run out; `none`: no clock has", "text", false },
};
/* clang-format on */

const char *const kinds_roles[KINDS_ROLES] = { "operator", "supervisor", "maintenance",
                                               "auditor",  "integrator", "administrator" };
const char *const kinds_whens[KINDS_WHENS] = { "opened", "resolved", "disposed", "closed" };

#define KINDS_KEYS_COUNT(name)                                                                                         \
        const size_t kinds_##name##_keys_n = sizeof kinds_##name##_keys / sizeof *kinds_##name##_keys;
KINDS_KEYS(KINDS_KEYS_COUNT)

#define TABLE(name, title)                                                                                             \
        { #name, title, kinds_##name##_keys, &kinds_##name##_keys_n }

const struct rules_keys kinds_keys[] = {
        TABLE(file, "A file of records"),
        TABLE(record, "A kind of records"),
        TABLE(field, "A field of a record"),
        TABLE(state, "A state"),
        TABLE(list, "`list` of a state"),
        TABLE(act, "An act"),
        TABLE(on, "`on`"),
        TABLE(makes, "`makes` of an act"),
        TABLE(notify, "`notify` of an act"),
        TABLE(clock, "A clock"),
        TABLE(opens, "`opens`"),
        TABLE(incident, "`incident` of `opens`"),
        TABLE(example, "An example"),
        TABLE(step, "A step of an example"),
};
const size_t kinds_keys_n = sizeof kinds_keys / sizeof *kinds_keys;

const struct record_type_row record_types[RECORD_TYPE_MAX_] = {
        [RECORD_TEXT] = { "text", "any text" },
        [RECORD_TEXTS] = { "texts", "a list of texts; words with commas between them are one, too" },
        [RECORD_NUMBER] = { "number", "a number; `unit`, `least` and `most` say of what, and how many" },
        [RECORD_BOOL] = { "bool", "true or false" },
        [RECORD_TIME] = { "time", "an instant: `2026-01-31T18:00:00Z`, or a span from now: `8h`" },
        [RECORD_DATE] = { "date", "a day: `2026-01-31`; as a deadline its end, by the site's clocks" },
        [RECORD_SPAN] = { "duration", "a span: `30m`" },
        [RECORD_PERSON] = { "person", "somebody's name" },
        [RECORD_ZONE] = { "zone", "a zone of the site" },
        [RECORD_ZONES] = { "zones", "a list of zones of the site" },
        [RECORD_ASSET] = { "asset", "an asset of the site" },
        [RECORD_DEVICE] = { "device", "a device's name" },
        [RECORD_INCIDENT] = { "incident", "the number of an incident; the record belongs to it" },
        [RECORD_ALARM] = { "alarm", "the number of an alarm" },
        [RECORD_CHOICE] = { "choice", "one of `words`" },
        [RECORD_CHECKLIST] = { "checklist",
                               "items, each with its result: ok, bad or none; a new one is given as a list of texts" },
        [RECORD_REFERENCE] = { "record", "the number of another record, of the kind `of`, which must be open" },
        [RECORD_FILE] = { "file", "a file that is kept elsewhere: {name, sha256, size, where}" },
        [RECORD_SCHEDULE] = { "schedule", "hours of the site" },
        [RECORD_MEMBER] = { "member", "a member of the list `of` of the site, as it is then" },
        [RECORD_SIGNATURE] = { "signature", "who did an act, and when; only an act with `sign` sets it" },
        [RECORD_LOG] = { "log", "entries, each with who and when; only an act with `log` adds one" },
};
