/* The history: a search whose address can be shared, page by page; exports with their progress; a past moment. */
import { useState } from "preact/hooks";
import { get } from "../core/api";
import { place, query } from "../core/router";
import { may } from "../core/session";
import { language } from "../core/settings";
import { site } from "../core/site";
import { asText, PRIORITIES, type Body } from "../core/wire";
import { ExportProgress, exporting } from "../parts/export";
import { Empty, Load, Page, Panel, Problem, Table, useLoad } from "../parts/frame";
import { instantOf, TimeField, wholeTime } from "../parts/time_field";
import { valueText } from "../parts/values";
import { visible } from "../core/visible";
import { columnsZh } from "../text/columns";
import { t, word, type Key } from "../text/text";
import { when } from "../text/time";

const WHATS = [
    "alarms",
    "transitions",
    "incidents",
    "events",
    "messages",
    "undecoded",
    "changes",
    "notices",
    "commands",
    "notifications",
    "rulesets",
] as const;
export const HAZARDS = [
    "fire",
    "theft",
    "robbery",
    "explosion",
    "sabotage",
    "fraud",
    "loss",
    "disaster",
    "system",
] as const;
const PAGE = 100;

interface Rows {
    rows: Body[];
    next: string | null;
}

interface Filter {
    name: string;
    label: Key;
    /** Of which tables; all if it says none. */
    of?: readonly string[];
    options?: () => (readonly [string, string])[];
}

const ALARMS = ["alarms", "transitions"];
const PLACED = ["alarms", "transitions", "incidents", "events"];

const FILTERS: readonly Filter[] = [
    {
        name: "zone",
        label: "alarm.zone",
        of: PLACED,
        options: () => site.value.zones.map((zone) => [zone.zone, zone.title || zone.zone] as const),
    },
    {
        name: "hazard",
        label: "alarm.hazard",
        of: [...ALARMS, "incidents"],
        options: () => HAZARDS.map((one) => [one, word("hazard", one)] as const),
    },
    {
        name: "priority",
        label: "queue.priority",
        of: [...ALARMS, "incidents"],
        options: () => PRIORITIES.map((one) => [one, word("priority", one)] as const),
    },
    { name: "rule", label: "alarm.rule", of: ALARMS },
    { name: "device", label: "alarm.asset", of: [...ALARMS, "events"] },
    { name: "kind", label: "history.kind", of: ["events", "changes", "notices", "commands"] },
    { name: "person", label: "col.person", of: ["transitions", "incidents", "changes", "commands"] },
    { name: "text", label: "history.text" },
];

function what(): string {
    const asked = place.value.query.get("what") ?? "";
    return (WHATS as readonly string[]).includes(asked) ? asked : "alarms";
}

function filters(): Filter[] {
    return FILTERS.filter((filter) => !filter.of || filter.of.includes(what()));
}

function asked(): Record<string, string> {
    const words = place.value.query;
    const said: Record<string, string> = {};
    for (const name of ["from", "to"]) {
        const text = words.get(name);
        if (text) said[name] = instantOf(text);
    }
    for (const { name } of filters()) {
        const text = words.get(name);
        if (text) said[name] = text;
    }
    return said;
}

function Fields() {
    const words = place.value.query;
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const said: Record<string, string> = {};
        for (const [name, value] of new FormData(event.target as HTMLFormElement)) said[name] = String(value).trim();
        for (const name of ["from", "to"]) said[name] = wholeTime(said[name] ?? "");
        query(said);
    };
    return (
        <form class="filters" onSubmit={submit} role="search">
            <div class="field">
                <label for="h-what">{t("history.what")}</label>
                <select
                    id="h-what"
                    name="what"
                    value={what()}
                    onChange={(event) => query({ what: event.currentTarget.value })}>
                    {WHATS.filter((one) => one !== "commands" || may("auditor", "administrator")).map((one) => (
                        <option key={one} value={one}>
                            {word("table.of", one)}
                        </option>
                    ))}
                </select>
            </div>
            {(["from", "to"] as const).map((name) => (
                <TimeField
                    key={name}
                    id={`h-${name}`}
                    name={name}
                    label={t(`history.${name}`)}
                    value={words.get(name) ?? ""}
                />
            ))}
            {filters().map((filter) => (
                <div key={filter.name} class="field">
                    <label for={`h-${filter.name}`}>{t(filter.label)}</label>
                    {filter.options ? (
                        <select id={`h-${filter.name}`} name={filter.name} value={words.get(filter.name) ?? ""}>
                            <option value="">{t("history.any")}</option>
                            {filter.options().map(([value, label]) => (
                                <option key={value} value={value}>
                                    {label}
                                </option>
                            ))}
                        </select>
                    ) : (
                        <input
                            id={`h-${filter.name}`}
                            name={filter.name}
                            maxLength={200}
                            value={words.get(filter.name) ?? ""}
                        />
                    )}
                </div>
            ))}
            <button type="submit" class="main">
                {t("history.search")}
            </button>
        </form>
    );
}

/* --- rows --- */

/** What somebody reads of a row, in this order; the export has all of it. `value` is a number with its unit, or a text. */
const COLUMNS: Record<string, readonly string[]> = {
    alarms: ["alarm", "raised_at", "priority", "title", "zone", "device", "hazard", "rule"],
    then: ["alarm", "raised_at", "priority", "title", "zone", "new_state", "acknowledged_by"],
    transitions: ["time", "alarm", "cause", "new_state", "title", "zone", "actor", "reason"],
    incidents: ["incident", "opened_at", "priority", "title", "zone", "state", "owner", "disposition", "closed_at"],
    events: ["time", "kind", "state", "zone", "device", "value", "attributes"],
    messages: ["received_at", "topic", "payload"],
    changes: ["changed_at", "incident", "subject", "what", "actor", "reason", "body"],
    notices: ["journal_time", "name", "subject", "text"],
    commands: ["journal_time", "actor", "name", "ok", "request"],
    notifications: ["due_at", "incident", "recipient", "channel", "state", "sent_at", "attempts", "text"],
    rulesets: ["in_force_from", "rules", "sensors", "assets", "zones", "hash"],
};
const UNREAD = ["seq", "n", "idx", "journal", "rule_hash", "regions"];
const MOST = 9;

/** Those of COLUMNS; of a table that it does not know the first few. */
export function columnsOf(table: string, rows: readonly Body[]): readonly string[] {
    const known = COLUMNS[table];
    if (known) return known;
    return Object.keys(rows[0] ?? {})
        .filter((name) => !UNREAD.includes(name))
        .slice(0, MOST);
}

function isTime(name: string, text: string): boolean {
    return /(_at|time|until|_from)$/.test(name) && /^\d{4}-\d\d-\d\d/.test(text);
}

/** Bytes as PostgreSQL writes them; what is UTF-8 is shown as text. */
function bytesText(text: string): string {
    const hex = /^\\x((?:[0-9a-f]{2})*)$/.exec(text)?.[1];
    if (hex === undefined) return text;
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    try {
        return visible(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
        return text;
    }
}

/** What is long opens. */
export function Folded({ text }: { text: string }) {
    if (text.length <= 80) return <>{text}</>;
    return (
        <details>
            <summary>{text.slice(0, 70)}…</summary>
            <pre class="code">{text}</pre>
        </details>
    );
}

function linkOf(table: string, name: string, text: string): string {
    if (name === "alarm" || (name === "id" && table === "alarms")) return `/alarm/${text}`;
    if (name === "incident" || (name === "id" && table === "incidents")) return `/incident/${text}`;
    return name === "device" ? `/history?what=events&device=${encodeURIComponent(text)}` : "";
}

export function Cell({ table, name, value }: { table: string; name: string; value: unknown }) {
    const text = asText(value);
    if (!text) return null;
    if (isTime(name, text)) return <time dateTime={text}>{when(text)}</time>;
    const link = linkOf(table, name, text);
    if (link) return <a href={link}>{text}</a>;
    return <Folded text={name === "payload" ? bytesText(text) : valueText(table, name, value)} />;
}

function valueOf(row: Body, name: string): unknown {
    if (name !== "value" || "value" in row) return row[name];
    const value = asText(row.value_number ?? row.value_text);
    return value && `${value} ${asText(row.unit)}`;
}

export function columnTitle(name: string): string {
    const said = word("column", name);
    if (said !== name) return said;
    const outcome = word("outcome", name); /* a column of how many there were of it */
    if (outcome !== name) return outcome;
    const own = language.value === "zh" ? columnsZh[name] : undefined;
    if (own) return own;
    const words = name.replace(/_/g, " ");
    return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export function RowsTable({ table, rows }: { table: string; rows: readonly Body[] }) {
    return (
        <Table
            label={word("table.of", table === "then" ? "alarms" : table)}
            empty={t("history.none")}
            rows={rows.map((row, n) => ({ row, n }))}
            keyOf={({ n }) => n}
            columns={columnsOf(table, rows).map((name) => ({
                name: columnTitle(name),
                cell: ({ row }: { row: Body }) => <Cell table={table} name={name} value={valueOf(row, name)} />,
            }))}
        />
    );
}

function Found() {
    const table = what();
    const said = asked();
    const key = JSON.stringify([table, said]);
    const first = useLoad<Rows>(key, (stop) => get(urlPath(table, { ...said, limit: String(PAGE) }), stop));
    const [more, setMore] = useState<{ key: string; rows: Body[]; next: string | null; error: unknown }>({
        key: "",
        rows: [],
        next: null,
        error: null,
    });
    const mine = more.key === key;
    const next = mine ? more.next : (first.value?.next ?? null);
    const loadMore = async () => {
        const old = mine ? more.rows : [];
        try {
            const got = await get<Rows>(urlPath(table, { ...said, limit: String(PAGE), after: next! }));
            setMore({ key, rows: [...old, ...got.rows], next: got.next, error: null });
        } catch (error) {
            setMore({ key, rows: old, next, error });
        }
    };
    return (
        <Load of={first}>
            {(value) => (
                <>
                    <RowsTable table={table} rows={mine ? [...value.rows, ...more.rows] : value.rows} />
                    {mine && more.error !== null && <Problem error={more.error} />}
                    {next && (
                        <button type="button" onClick={() => void loadMore()}>
                            {t("history.more")}
                        </button>
                    )}
                </>
            )}
        </Load>
    );
}

function urlPath(table: string, words: Record<string, string>): string {
    return `/history/${table}?${new URLSearchParams(words).toString()}`;
}

/* --- exports --- */

const exported = exporting();

function exportRows(format: string): void {
    void exported.begin(what(), format, new URLSearchParams(asked()).toString());
}

function Tools() {
    const [copied, setCopied] = useState(false);
    return (
        <>
            <button
                type="button"
                onClick={() => void navigator.clipboard?.writeText(location.href).then(() => setCopied(true))}>
                {copied ? t("history.copied") : t("history.link")}
            </button>
            {may("supervisor", "auditor", "administrator") && (
                <>
                    <button type="button" onClick={() => exportRows("csv")}>
                        CSV
                    </button>
                    <button type="button" onClick={() => exportRows("jsonl")}>
                        JSON
                    </button>
                </>
            )}
        </>
    );
}

export function HistoryScreen() {
    return (
        <Page title={t("nav.history")} wide aside={<Tools />}>
            <Fields key={place.value.query.toString()} />
            <ExportProgress of={exported} />
            <Panel title={word("table.of", what())}>
                <Found />
            </Panel>
        </Page>
    );
}

/* --- a past moment --- */

interface Moment {
    time: string;
    alarms: Body[];
    changes: Body[];
}

export function MomentScreen() {
    const at = place.value.query.get("time") ?? "";
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        query({ time: wholeTime(String(new FormData(event.target as HTMLFormElement).get("time") ?? "")) });
    };
    return (
        <Page title={t("nav.moment")} wide>
            <form class="filters" onSubmit={submit}>
                <TimeField id="m-time" name="time" label={t("moment.time")} value={at} required />
                <button type="submit" class="main">
                    {t("moment.show")}
                </button>
            </form>
            {instantOf(at) ? <MomentRows at={instantOf(at)} /> : <Empty>{t("moment.how")}</Empty>}
        </Page>
    );
}

function MomentRows({ at }: { at: string }) {
    const moment = useLoad<Moment>(at, (stop) => get(`/moment?time=${encodeURIComponent(at)}`, stop));
    return (
        <Load of={moment}>
            {(value) => (
                <>
                    <Panel title={t("moment.alarms", { n: value.alarms.length })}>
                        <RowsTable table="then" rows={value.alarms} />
                    </Panel>
                    <Panel title={t("moment.changes", { n: value.changes.length })}>
                        <RowsTable table="changes" rows={value.changes} />
                    </Panel>
                </>
            )}
        </Load>
    );
}
