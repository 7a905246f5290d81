/* The history: a search whose address can be shared, page by page; exports with their progress; a past moment. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { get, post, urlOf } from "../core/api";
import { place, query } from "../core/router";
import { may } from "../core/session";
import { site, zoneTitle } from "../core/site";
import { asText, PRIORITIES, type Body } from "../core/wire";
import { Empty, Load, Page, Panel, Problem, problemText, Table, useLoad } from "../parts/frame";
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
const HAZARDS = ["fire", "theft", "robbery", "explosion", "sabotage", "fraud", "loss", "disaster", "system"] as const;
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

/** A local time of a field as the server wants it. */
function instant(local: string): string {
    const ms = Date.parse(local);
    return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}

function asked(): Record<string, string> {
    const words = place.value.query;
    const said: Record<string, string> = {};
    for (const name of ["from", "to"]) {
        const text = words.get(name);
        if (text) said[name] = instant(text);
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
                <div key={name} class="field">
                    <label for={`h-${name}`}>{t(`history.${name}`)}</label>
                    <input id={`h-${name}`} name={name} type="datetime-local" value={words.get(name) ?? ""} />
                </div>
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

const FIRST: Record<string, readonly string[]> = {
    alarms: ["alarm", "id", "raised_at", "priority", "title", "zone", "state", "acknowledged_by", "disposition"],
    transitions: ["journal_time", "time", "alarm", "cause", "state", "title", "zone", "actor", "reason"],
    incidents: ["id", "incident", "opened_at", "priority", "title", "zone", "state", "owner", "disposition"],
    events: ["journal_time", "time", "kind", "state", "zone", "device", "value", "unit"],
    messages: ["journal_time", "received_at", "topic", "payload", "sensor"],
};
const LONG = ["payload", "body", "request", "attrs", "text", "topic"];

/** The known columns in their order, then a few others; those that nobody reads go to the export. */
export function columnsOf(table: string, rows: readonly Body[]): string[] {
    const all = Object.keys(rows[0] ?? {});
    const first = (FIRST[table] ?? []).filter((name) => all.includes(name));
    const others = all.filter(
        (name) => !first.includes(name) && !["seq", "n", "journal", "rule_hash", "regions"].includes(name),
    );
    return [...first, ...others].slice(0, Math.max(9, first.length));
}

function isTime(name: string, text: string): boolean {
    return (name.endsWith("_at") || name.endsWith("time") || name.endsWith("until")) && /^\d{4}-\d\d-\d\d/.test(text);
}

export function Cell({ table, name, value }: { table: string; name: string; value: unknown }) {
    const text = asText(value);
    if (isTime(name, text)) return <time dateTime={text}>{when(text)}</time>;
    if (name === "zone") return <>{zoneTitle(text)}</>;
    if (name === "hazard" || name === "priority") return <>{word(name, text)}</>;
    if (name === "state") return <>{word(table === "incidents" ? "incident.state" : "state", text)}</>;
    if (name === "cause") return <>{word("cause", text)}</>;
    if (name === "alarm" || (name === "id" && table === "alarms")) return <a href={`/alarm/${text}`}>{text}</a>;
    if (name === "incident" || (name === "id" && table === "incidents"))
        return <a href={`/incident/${text}`}>{text}</a>;
    if (name === "device" && text)
        return <a href={`/history?what=events&device=${encodeURIComponent(text)}`}>{text}</a>;
    if (LONG.includes(name) && text.length > 80)
        return (
            <details>
                <summary>{text.slice(0, 70)}…</summary>
                <pre class="code">{text}</pre>
            </details>
        );
    return <>{text}</>;
}

export function columnTitle(name: string): string {
    const said = word("column", name);
    return said === name ? name.replace(/_/g, " ") : said;
}

export function RowsTable({ table, rows }: { table: string; rows: readonly Body[] }) {
    return (
        <Table
            label={word("table.of", table)}
            empty={t("history.none")}
            rows={rows.map((row, n) => ({ row, n }))}
            keyOf={({ n }) => n}
            columns={columnsOf(table, rows).map((name) => ({
                name: columnTitle(name),
                cell: ({ row }: { row: Body }) => <Cell table={table} name={name} value={row[name]} />,
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

interface Export {
    export: string;
    what: string;
    format: string;
    state: string;
    rows: number;
    total: number | null;
}

const exported = signal<Export | null>(null);
const exportProblem = signal("");

async function begin(format: string): Promise<void> {
    exportProblem.value = "";
    try {
        exported.value = await post<Export>("/exports", {
            what: what(),
            format,
            query: new URLSearchParams(asked()).toString(),
        });
    } catch (error) {
        exportProblem.value = problemText(error);
        return;
    }
    const link = document.createElement("a");
    link.href = urlOf(`/exports/${exported.value.export}/data`);
    link.download = "";
    link.click();
}

async function cancel(id: string): Promise<void> {
    try {
        await post(`/exports/${id}/cancel`, {});
    } catch (error) {
        exportProblem.value = problemText(error);
    }
}

const OVER = ["done", "cancelled", "failed"];

function Progress() {
    const is = exported.value;
    useEffect(() => {
        if (!is || OVER.includes(is.state)) return undefined;
        const timer = window.setTimeout(() => {
            get<Export>(`/exports/${is.export}`).then(
                (next) => (exported.value = next),
                () => (exported.value = { ...is, state: "failed" }),
            );
        }, 700);
        return () => window.clearTimeout(timer);
    }, [is]);
    if (exportProblem.value) return <p role="alert">{exportProblem.value}</p>;
    if (!is) return null;
    return (
        <div class="export" role="status">
            <progress
                max={is.total ?? undefined}
                value={is.total === null ? undefined : is.rows}
                aria-label={t("export.title")}
            />{" "}
            {t("export.progress", { state: word("export", is.state), rows: is.rows, total: is.total ?? "?" })}
            {!OVER.includes(is.state) && (
                <button type="button" class="small" onClick={() => void cancel(is.export)}>
                    {t("ask.cancel")}
                </button>
            )}
        </div>
    );
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
                    <button type="button" onClick={() => void begin("csv")}>
                        CSV
                    </button>
                    <button type="button" onClick={() => void begin("jsonl")}>
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
            <Progress />
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
        query({ time: String(new FormData(event.target as HTMLFormElement).get("time") ?? "") });
    };
    return (
        <Page title={t("nav.moment")} wide>
            <form class="filters" onSubmit={submit}>
                <div class="field">
                    <label for="m-time">{t("moment.time")}</label>
                    <input id="m-time" name="time" type="datetime-local" step="1" required value={at} />
                </div>
                <button type="submit" class="main">
                    {t("moment.show")}
                </button>
            </form>
            {at ? <MomentRows at={instant(at)} /> : <Empty>{t("moment.how")}</Empty>}
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
                        <RowsTable table="alarms" rows={value.alarms} />
                    </Panel>
                    <Panel title={t("moment.changes", { n: value.changes.length })}>
                        <RowsTable table="changes" rows={value.changes} />
                    </Panel>
                </>
            )}
        </Load>
    );
}
