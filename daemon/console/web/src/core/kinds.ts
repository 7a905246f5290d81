/* Kinds of records, as the site's files describe them: every screen of records is made of these, and knows none by name. */
import { signal } from "@preact/signals";
import { get } from "./api";
import { kindsZh } from "../text/kinds";
import { language } from "./settings";
import { every, everyEnded } from "./store";
import { textOf, type Body, type Change } from "./wire";

export interface KindField {
    field: string;
    title: string;
    type: string;
    must: boolean;
    fixed: boolean;
    in: string[];
    words: string[];
    /** Of a record: its kind; of a member: its list. */
    of: string;
    /** Bytes of a text, entries of a list; 0 = as usual. */
    max: number;
    unit: string;
    least: number | null;
    most: number | null;
}

export interface KindAct {
    act: string;
    title: string;
    opens: boolean;
    from: string[];
    to: string | null;
    roles: string[];
    reason: boolean;
    takes: string[];
    takes_listed: boolean;
    must: string[];
    by_event: boolean;
    log: string;
    /** Words of an entry of `log`; none: any. */
    entry: string[];
    check: string;
    sign: string;
    other_than: string[];
    makes: { record: string; given: string[] } | null;
}

export interface Kind {
    kind: string;
    title: string;
    duty: number;
    read: string[];
    states: { state: string; title: string; over: boolean }[];
    fields: KindField[];
    acts: KindAct[];
    clocks: { clock: string; title: string }[];
}

export interface Kinds {
    kinds: Kind[];
}

export const kinds = signal<readonly Kind[]>([]);

export async function loadKinds(stop?: AbortSignal): Promise<Kinds> {
    const found = await get<Kinds>("/records", stop);
    kinds.value = found.kinds;
    return found;
}

export function kindOf(name: string): Kind | undefined {
    return kinds.value.find((kind) => kind.kind === name);
}

/** A text of the site's files in the language of this screen: those that come along have Chinese, others are as they stand. */
export function said(text: string): string {
    return language.value === "zh" ? (kindsZh[text] ?? text) : text;
}

export function kindTitle(name: string): string {
    return said(kindOf(name)?.title || name);
}

export function stateTitle(kind: Kind | undefined, state: string): string {
    const found = kind?.states.find((one) => one.state === state);
    return said(found?.title || state);
}

/* --- records of them --- */

export interface Due {
    clock: string;
    title: string;
    due: string;
    overdue: boolean;
}

/** What falls due, the next first. */
export function duesOf(record: Change): Due[] {
    const clocks = (record.body.clocks ?? {}) as Record<string, { due: string; overdue: boolean }>;
    const titles = new Map(kindOf(textOf(record, "kind"))?.clocks.map((one) => [one.clock, one.title]));
    return Object.entries(clocks)
        .map(([clock, is]) => ({ clock, title: said(titles.get(clock) ?? clock), ...is }))
        .sort((a, b) => (a.due < b.due ? -1 : 1));
}

export function isOverdue(record: Change): boolean {
    return duesOf(record).some((one) => one.overdue);
}

export function fieldsOf(record: Change): Body {
    const fields = record.body.fields;
    return fields && typeof fields === "object" ? (fields as Body) : {};
}

export function recordsOf(kind: string): Change[] {
    return every("record").filter((record) => textOf(record, "kind") === kind);
}

export function endedOf(kind: string): Change[] {
    return everyEnded("record").filter((record) => textOf(record, "kind") === kind);
}

export function recordAddress(record: Change): string {
    return `/record/${encodeURIComponent(textOf(record, "kind"))}/${record.id}`;
}

export function recordByNumber(number: string): Change | undefined {
    return every("record").find((record) => textOf(record, "number") === number);
}
