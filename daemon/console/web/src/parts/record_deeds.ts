/*
 * What can be done to records. The acts of a kind are the site's: which buttons there are, what each asks for and who
 * sees it comes from the kind alone. The engine judges the act as a whole; what it sends back is asked again, with what
 * was said, until it is right or left.
 */
import { act, dismissRefused } from "../core/act";
import { go } from "../core/router";
import { may } from "../core/session";
import { site } from "../core/site";
import { every } from "../core/store";
import { fieldsOf, kindOf, kinds, recordsOf, said, type Kind, type KindAct, type KindField } from "../core/kinds";
import { asText, textOf, type Body, type Change, type Reply } from "../core/wire";
import { t, word } from "../text/text";
import { incidentTitle } from "../text/titles";
import { askFor, type Answers, type Field } from "./ask";

/** `amend` is there by itself. */
const AMEND: KindAct = {
    act: "amend",
    title: "",
    opens: false,
    from: [],
    to: null,
    roles: ["operator", "supervisor"],
    reason: true,
    takes: [],
    takes_listed: false,
    must: [],
    by_event: false,
    log: "",
    entry: [],
    check: "",
    sign: "",
    other_than: [],
    makes: null,
};
const NEVER = ["signature", "log"];

export function actTitle(one: KindAct): string {
    return one.act === "amend" ? t("records.amend") : said(one.title || one.act);
}

/* --- who may do what, and when --- */

function reads(kind: Kind): boolean {
    return kind.read.length === 0 || may(...kind.read);
}

export function openings(kind: Kind): KindAct[] {
    return kind.acts.filter((one) => one.opens && may(...one.roles));
}

export function actsFor(kind: Kind, record: Change): KindAct[] {
    const state = textOf(record, "state");
    const mine = kind.acts.filter((one) => !one.opens && one.from.includes(state) && may(...one.roles));
    if (!reads(kind)) return [];
    return amended(kind).length && may(...AMEND.roles) ? [...mine, AMEND] : mine;
}

/** Why somebody else must do it: who did what this person may not follow. */
export function doneByMe(one: KindAct, record: Change, me: string): boolean {
    const by = (record.body.by ?? {}) as Record<string, { by?: string }>;
    return one.other_than.some((before) => by[before]?.by === me);
}

/* --- what an act asks for --- */

function amended(kind: Kind): KindField[] {
    return kind.fields.filter((field) => !field.fixed && !NEVER.includes(field.type) && field.type !== "checklist");
}

function brought(kind: Kind, one: KindAct): KindField[] {
    if (one.act === "amend") return amended(kind);
    return kind.fields.filter((field) => {
        if (NEVER.includes(field.type)) return false;
        if (one.takes_listed) return one.takes.includes(field.field);
        if (one.opens) return field.in.length === 0 || field.type === "checklist" || needed(kind, one, field);
        return !field.fixed && field.type !== "checklist";
    });
}

function needed(kind: Kind, one: KindAct, field: KindField): boolean {
    const state = one.to ?? (one.opens ? kind.states[0]?.state : undefined);
    return (one.opens && field.must) || one.must.includes(field.field) || (!!state && field.in.includes(state));
}

const names = (list: readonly { name: string; title: string }[]) =>
    list.map(({ name, title }) => [name, title && title !== name ? `${title} (${name})` : name] as const);

function people(): (readonly [string, string])[] {
    const known = [...every("operator"), ...every("guard")].map((one) => ({
        name: textOf(one, "name"),
        title: textOf(one, "title"),
    }));
    return names(known.filter((one, n) => one.name && known.findIndex((other) => other.name === one.name) === n));
}

function zones(): (readonly [string, string])[] {
    return names(site.value.zones.map((zone) => ({ name: zone.zone, title: zone.title })));
}

function assets(): (readonly [string, string])[] {
    return names(site.value.assets.map((one) => ({ name: one.asset, title: one.title })));
}

function devices(): (readonly [string, string])[] {
    return names(site.value.assets.map((one) => ({ name: one.device, title: one.title })));
}

function numbered(list: readonly Change[], number: (one: Change) => string): (readonly [string, string])[] {
    return list.map((one) => [number(one), `${number(one)} – ${textOf(one, "title")}`] as const);
}

const chosen = (required: boolean, options: readonly (readonly [string, string])[]) =>
    required ? options : [["", "–"] as const, ...options];

/** How each type is asked for; without a row a text. */
const ASKED: Record<string, (field: KindField, required: boolean) => Partial<Field>> = {
    text: (field) => ({ kind: field.max === 0 || field.max > 300 ? "long" : "text" }),
    texts: () => ({ kind: "long", hint: t("records.lines") }),
    checklist: () => ({ kind: "long", hint: t("records.lines") }),
    number: (field) => ({ kind: "number", hint: rangeOf(field) }),
    bool: () => ({ kind: "yes" }),
    time: () => ({ kind: "time" }),
    date: () => ({ kind: "date" }),
    duration: () => ({ hint: t("records.span") }),
    person: () => ({ list: people() }),
    zone: () => ({ list: zones() }),
    zones: () => ({ kind: "many", options: zones() }),
    asset: () => ({ list: assets() }),
    device: () => ({ list: devices() }),
    incident: () => ({ kind: "number", list: numbered(every("incident"), (one) => String(one.id)) }),
    alarm: () => ({ kind: "number" }),
    choice: (field, required) => ({
        kind: "choice",
        options: chosen(
            required,
            field.words.map((one) => [one, said(one)] as const),
        ),
    }),
    record: (field, required) => ({
        kind: "choice",
        options: chosen(
            required,
            numbered(recordsOf(field.of), (one) => textOf(one, "number")),
        ),
    }),
    schedule: (_, required) => ({
        kind: "choice",
        options: chosen(
            required,
            names((site.value.schedules ?? []).map((one) => ({ name: one.schedule, title: one.title }))),
        ),
    }),
    file: () => ({ kind: "file" }),
};

function rangeOf(field: KindField): string | undefined {
    const { least, most, unit } = field;
    if (least !== null && most !== null) return t("records.range", { least, most, unit });
    if (least !== null) return t("records.least", { least, unit });
    if (most !== null) return t("records.most", { most, unit });
    return unit || undefined;
}

function valueText(field: KindField, value: unknown): string {
    if (value === null || value === undefined) return "";
    if (field.type === "bool") return value === true ? "yes" : "";
    if (Array.isArray(value))
        return value
            .map((one) => (one && typeof one === "object" ? asText((one as Body).item) : asText(one)))
            .join("\n");
    return field.type === "file" ? JSON.stringify(value) : asText(value);
}

function fieldOf(field: KindField, required: boolean, value: string): Field {
    return {
        name: field.field,
        label: said(field.title || field.field),
        required,
        value,
        maxLength: field.max || undefined,
        ...ASKED[field.type]?.(field, required),
    };
}

/** Fields that the act brings, and those of the record that it makes. */
function fieldsAsked(kind: Kind, one: KindAct, values: Body): { field: KindField; asked: Field }[] {
    const own = brought(kind, one).map((field) => ({
        field,
        asked: fieldOf(field, needed(kind, one, field), valueText(field, values[field.field])),
    }));
    const made = one.makes ? kindOf(one.makes.record) : undefined;
    const corrects = made?.kind === kind.kind; /* it begins with what is to be corrected */
    const given = (one.makes?.given ?? []).flatMap((name) => {
        const field = made?.fields.find((each) => each.field === name);
        return field
            ? [{ field, asked: fieldOf(field, field.must, corrects ? valueText(field, values[name]) : "") }]
            : [];
    });
    return [...given, ...own.filter((mine) => !given.some((other) => other.field.field === mine.field.field))];
}

/** Words of an entry, and of an answer to an item of a checklist. */
function wordsAsked(one: KindAct, record: Change | undefined): Field[] {
    if (one.check && record) {
        const items = (fieldsOf(record)[one.check] as Body[] | undefined) ?? [];
        const open = items.filter((item) => asText(item.result) === "none");
        return [
            {
                name: "item",
                label: t("records.item"),
                kind: "choice",
                required: true,
                value: asText(open[0]?.item),
                options: items.map((item) => [asText(item.item), asText(item.item)] as const),
            },
            {
                name: "result",
                label: t("records.result"),
                kind: "choice",
                required: true,
                options: (["ok", "bad", "none"] as const).map((result) => [result, word("result", result)] as const),
            },
            { name: "note", label: t("records.note"), maxLength: 500 },
        ];
    }
    if (!one.log) return [];
    return (one.entry.length ? one.entry : ["text"]).map((name, n) => ({
        name,
        label: word("entry", name),
        kind: name === "text" ? "long" : "text",
        required: n === 0,
        maxLength: 500,
    }));
}

/* --- what was said, as the engine takes it --- */

function taken(field: KindField, text: string): unknown {
    if (field.type === "bool") return text === "yes";
    if (text === "") return null;
    if (["texts", "zones", "checklist"].includes(field.type))
        return text
            .split("\n")
            .map((line) => line.trim())
            .filter((line) => line !== "");
    if (["number", "incident", "alarm"].includes(field.type)) return Number(text);
    return field.type === "file" ? (JSON.parse(text) as unknown) : text;
}

/** What is as it was is not said again; of a new record nothing was. */
function fieldsTaken(asked: readonly { field: KindField; asked: Field }[], answers: Answers, fresh: boolean): Body {
    const fields: Body = {};
    for (const { field, asked: was } of asked) {
        const now = answers[field.field] ?? "";
        if (now !== (fresh ? "" : (was.value ?? ""))) fields[field.field] = taken(field, now);
    }
    return fields;
}

/* --- the whole --- */

function refusedText(reply: Reply): string {
    const { name, text, cure } = reply.error ?? { name: "failed", text: "" };
    const plain = word("refusal", name);
    if (name === "incomplete") return text;
    return plain !== name ? plain : cure ? `${text} – ${cure}` : text;
}

const AGAIN = ["incomplete", "malformed", "reason-needed", "limit"];

async function ask(kind: Kind, one: KindAct, record: Change | undefined, values: Body): Promise<Reply | null> {
    const about = record ? `${textOf(record, "number")} ${textOf(record, "title")}` : said(kind.title);
    const key = record ? `record:${record.id}` : `record:new:${kind.kind}`;
    const fields = fieldsAsked(kind, one, values);
    let form: Field[] = [
        ...wordsAsked(one, record),
        ...fields.map((each) => each.asked),
        ...(one.reason ? [{ name: "reason", label: t("ask.reason"), required: true } as const] : []),
    ];
    let error: string | undefined;
    for (;;) {
        const answers = await askFor({
            title: actTitle(one),
            text: one.sign ? `${about}. ${t("records.signs")}` : about,
            error,
            fields: form,
            confirm: actTitle(one),
        });
        if (!answers) return null;
        const words: Body = {};
        for (const { name } of wordsAsked(one, record)) if (answers[name]) words[name] = answers[name];
        const reply = await act("record", key, about, {
            kind: kind.kind,
            act: one.act,
            fields: { ...fieldsTaken(fields, answers, !record), ...words },
            ...(record ? { record: record.id, version: record.version } : {}),
            ...(answers.reason ? { reason: answers.reason } : {}),
        });
        if (reply.ok || !AGAIN.includes(reply.error?.name ?? "")) return reply;
        dismissRefused();
        error = refusedText(reply);
        form = form.map((each) => ({ ...each, value: answers[each.name] ?? "" }));
    }
}

/** `values`: of the record as this person sees it. */
export function doToRecord(kind: Kind, one: KindAct, record: Change, values: Body): Promise<Reply | null> {
    return ask(kind, one, record, values);
}

/** An item of a checklist in one press. */
export function answerItem(kind: Kind, one: KindAct, record: Change, item: string): Promise<Reply> {
    const about = `${textOf(record, "number")} ${item}`;
    return act("record", `record:${record.id}`, about, {
        kind: kind.kind,
        act: one.act,
        record: record.id,
        fields: { item, result: "ok" },
    });
}

/** A new one; goes to it. `values`: what is known beforehand. */
export async function openRecord(kind: Kind, one: KindAct, values: Body = {}): Promise<void> {
    const reply = await ask(kind, one, undefined, values);
    const made = reply?.changes?.find((change) => change.subject === "record");
    if (made) go(`/record/${encodeURIComponent(kind.kind)}/${made.id}`);
}

/** Something that belongs to an incident: which kind is asked first. */
export async function recordFor(incident: Change): Promise<void> {
    const fit = kinds.value.flatMap((kind) => {
        const field = kind.fields.find((each) => each.type === "incident");
        const one = openings(kind).find((each) => !each.takes_listed || each.takes.includes(field?.field ?? ""));
        return field && one ? [{ kind, field, one }] : [];
    });
    const answers = await askFor({
        title: t("records.for_incident"),
        text: incidentTitle(incident),
        fields: [
            {
                name: "kind",
                label: t("records.kind"),
                kind: "choice",
                required: true,
                options: fit.map(({ kind }) => [kind.kind, said(kind.title)] as const),
            },
        ],
        confirm: t("records.go_on"),
    });
    const found = fit.find(({ kind }) => kind.kind === answers?.kind);
    if (found) await openRecord(found.kind, found.one, { [found.field.field]: incident.id, zone: incident.body.zone });
}
