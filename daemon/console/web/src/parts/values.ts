/*
 * What stands in a column, as this screen says it. Words of closed lists (priorities, states, acts …) come from the catalogue,
 * those of kinds of records from the kinds, what the system says of itself from the notices; names of people, rules and
 * devices, and what somebody wrote, stay as they are.
 */
import { kindOf, kindTitle, kinds, said, stateTitle } from "../core/kinds";
import { language } from "../core/settings";
import { zoneTitle } from "../core/site";
import { asText, type Body } from "../core/wire";
import { measuresZh } from "../text/measures";
import { t, word } from "../text/text";
import { detailText, noticeText, titleText } from "../text/titles";
import { actorText } from "./marks";

/** Columns whose words the catalogue has, and in which groups: the first one that knows the word says it. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
    act: ["deed", "what"],
    began_priority: ["priority"],
    cause: ["cause"],
    ended_cause: ["cause"],
    flags: ["tag"],
    hazard: ["hazard"],
    name: ["deed"],
    new_state: ["state"],
    old_state: ["state"],
    outcome: ["outcome"],
    priority: ["priority"],
    result: ["told", "what"],
    roles: ["role"],
    sound: ["priority"],
    state: ["state", "incident.state", "event.state", "told", "disposition.state", "what"],
    what: ["what", "deed"],
    why: ["handover.why", "incident.state", "dispatch.state"],
};

/** Whose states they are, by the subject or by the table: the same word may mean something else of another one. */
const STATES: Readonly<Record<string, string>> = {
    alarm: "state",
    dispatch: "dispatch.state",
    disposition: "disposition.state",
    events: "event.state",
    incident: "incident.state",
    incidents: "incident.state",
    "incident-told": "told",
    notification: "told",
    notifications: "told",
    step: "step.state",
};

/** Which kind of record a figure is about, where its rows do not say so. */
const KINDS: Readonly<Record<string, string>> = {
    "hidden-dangers": "hazard",
    "reports-sent": "report",
    statutory: "report",
    tips: "tip",
    visitors: "visitor",
};

/** Figures, their units and targets: columns whose texts the database makes, of which figure. */
const MEASURES: Readonly<Record<string, readonly string[]>> = {
    compliance: ["duty", "what", "unit", "target", "detail"],
    figures: ["figure", "unit", "target", "definition"],
    "response-times": ["what"],
    retention: ["class"],
};

/** The first of the groups that knows the word; the word itself if none does. */
export function wordIn(groups: readonly string[], text: string): string {
    for (const group of groups) {
        const found = word(group, text);
        if (found !== text) return found;
    }
    return text;
}

/** Of a text with numbers in it, or with names of tables behind it: those stay. */
export function measureText(text: string): string {
    if (language.value !== "zh") return text;
    const start = "oldest partition of ";
    if (text.startsWith(start)) return (measuresZh[start] ?? start) + text.slice(start.length);
    const numbers = text.match(/\d+(?:\.\d+)?/g) ?? [];
    const known = measuresZh[text.replace(/\d+(?:\.\d+)?/g, "#")];
    return known ? known.replace(/#/g, () => numbers.shift() ?? "") : text;
}

/** A record, an incident, an alarm … as the database names it: `incident 7`, `report R-2026-3`. */
function subjectText(text: string): string {
    const [first = "", ...rest] = text.split(" ");
    const number = rest.join(" ");
    if (!number) return word("subject", text);
    if (first === "alarm") return t("alarm.number", { n: number });
    if (first === "incident") return t("incident.number", { n: number });
    const name = word("subject", first);
    return `${name !== first ? name : kindTitle(first)} ${number}`;
}

/** How somebody knew: `announced: alarm 7`, `acknowledge: alarm 7`, `told by sms`, `not told by sms: failed`, `note 3: opened`. */
function howText(text: string): string {
    const told = /^(not )?told by (.*?)(?:: ([\w-]+))?$/.exec(text);
    if (told) {
        const channel = told[2]!;
        return told[1] ? t("told.not_by", { channel, result: word("told", told[3]) }) : t("told.by", { channel });
    }
    const [first, second] = text.split(": ", 2);
    if (!first || !second) return text;
    if (!second.startsWith("alarm ")) return `${subjectText(first)}: ${word("what", second)}`;
    const cause = word("cause", first.toUpperCase());
    return `${cause === first.toUpperCase() ? word("what", first) : cause}: ${subjectText(second)}`;
}

function kindOfRow(table: string, row: Body): string {
    const first = asText(row.subject).split(" ")[0]!;
    return asText(row.kind) || (kindOf(first) ? first : (KINDS[table] ?? ""));
}

function stateText(text: string, table: string, row: Body): string {
    const kind = kindOf(kindOfRow(table, row));
    const group = STATES[asText(row.subject).split(" ")[0]!] ?? STATES[table];
    if (kind?.states.some((one) => one.state === text)) return stateTitle(kind, text);
    const found = group ? word(group, text) : wordIn(WORDS.state!, text);
    return found === text ? said(text) : found;
}

/** `report sign`: of a record its kind and act; else a verb. */
function actText(text: string): string {
    const [first = "", second = ""] = text.split(" ");
    const act = kindOf(first)?.acts.find((one) => one.act === second);
    return act ? `${kindTitle(first)}: ${said(act.title)}` : wordIn(WORDS.act!, text);
}

function clockText(text: string, table: string, row: Body): string {
    const clock = kindOf(kindOfRow(table, row))?.clocks.find((one) => one.clock === text);
    return clock ? said(clock.title) : text;
}

function nameText(text: string, table: string): string {
    if (table === "notices") return noticeText(text);
    return NAMES_ACTS.includes(table) ? wordIn(WORDS.name!, text) : text;
}

function saidText(text: string, table: string): string {
    if (table === "notices") return detailText(text);
    return TELLS_TITLES.includes(table) ? titleText(text) : text;
}

/** Columns that are more than a word of a group. */
const OWN: Readonly<Record<string, (text: string, table: string, row: Body) => string>> = {
    act: actText,
    actor: actorText,
    clock: clockText,
    ended_by: actorText,
    how: howText,
    kind: kindTitle,
    level: said,
    name: nameText,
    state: stateText,
    subject: subjectText,
    text: saidText,
    title: titleText,
    zone: zoneTitle,
};

/** Columns whose words may be those of a kind of record. */
const SAID = ["authority", "outcome"];

/** Tables in which `name` is what somebody did; elsewhere it is a person, or a thing. */
const NAMES_ACTS = ["commands", "acts-refused", "switches"];

/** Tables in which `text` may be an alarm's or an incident's title; elsewhere somebody wrote it, or it was sent. */
const TELLS_TITLES = ["zone-story", "incident-known", "incident-story"];

function oneText(table: string, name: string, text: string, row: Body): string {
    if (MEASURES[table]?.includes(name)) return measureText(text);
    const own = OWN[name];
    if (own) return own(text, table, row);
    const found = wordIn(WORDS[name] ?? [], text);
    return found === text && SAID.includes(name) ? said(text) : found;
}

/** `table`: a table of the history, or a figure; `row`: what else its row says. */
export function valueText(table: string, name: string, value: unknown, row: Body = {}): string {
    void kinds.value;
    if (typeof value === "boolean") return value ? t("yes") : t("no");
    if (Array.isArray(value) && value.every((one) => typeof one === "string"))
        return value.map((one) => oneText(table, name, one, row)).join(", ");
    const text = asText(value);
    return text && oneText(table, name, text, row);
}
