/* Records of every kind that the site's files describe: what is open and what is over, one of them, and what may be done. */
import { useEffect } from "preact/hooks";
import { pending } from "../core/act";
import { ApiError, ask, get } from "../core/api";
import { screenKeys } from "../core/keys";
import {
    duesOf,
    endedOf,
    fieldsOf,
    isOverdue,
    kindOf,
    kinds,
    kindTitle,
    loadKinds,
    recordAddress,
    recordByNumber,
    recordsOf,
    said,
    stateTitle,
    type Kind,
    type KindAct,
    type KindField,
} from "../core/kinds";
import { go, place, query } from "../core/router";
import { may, session } from "../core/session";
import { assetOf, zoneTitle } from "../core/site";
import { every, oneOrEnded } from "../core/store";
import { asText, textOf, type Body, type Change } from "../core/wire";
import { Empty, Facts, Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { Left, Time } from "../parts/marks";
import { actsFor, actTitle, answerItem, doneByMe, doToRecord, openings, openRecord } from "../parts/record_deeds";
import { t, word } from "../text/text";
import { ZonePath, incidentName } from "./alarm_summary";
import { Sendings } from "./sendings";

interface Rows {
    rows: Body[];
    next: string | null;
}

/** A row of the history as the feed would tell it. */
function changeOf(row: Body): Change {
    return {
        subject: "record",
        id: Number(row.record),
        version: Number(row.version),
        incident: typeof row.incident === "number" ? row.incident : null,
        exercise: row.exercise === true,
        ended: row.open === false,
        time: asText(row.changed_at),
        what: asText(row.what),
        actor: asText(row.actor),
        reason: asText(row.reason),
        body: row,
    };
}

const useKinds = () => useLoad("kinds", loadKinds);

/* --- what is open --- */

const TABS = ["open", "overdue", "over"] as const;

export function RecordsScreen() {
    const loaded = useKinds();
    const all = kinds.value;
    const kind = kindOf(place.value.query.get("kind") ?? "") ?? all[0];
    return (
        <Page title={t("nav.records")} wide>
            <Load of={loaded}>
                {() => (all.length === 0 ? <Empty>{t("records.none")}</Empty> : <KindTabs of={kind} />)}
            </Load>
            {kind && <OfKind key={kind.kind} kind={kind} />}
        </Page>
    );
}

function KindTabs({ of }: { of: Kind | undefined }) {
    return (
        <div class="tabs" role="group" aria-label={t("records.kinds")}>
            {kinds.value.map((kind) => {
                const open = recordsOf(kind.kind);
                const late = open.filter(isOverdue).length;
                return (
                    <button
                        key={kind.kind}
                        type="button"
                        aria-pressed={kind.kind === of?.kind}
                        class={kind.kind === of?.kind ? "main" : ""}
                        onClick={() => query({ kind: kind.kind, show: "" })}>
                        {said(kind.title)} ({open.length})
                        {late > 0 && <b class="late-count"> {t("records.late", { n: late })}</b>}
                    </button>
                );
            })}
        </div>
    );
}

function useOpenKeys(kind: Kind, list: readonly KindAct[]): void {
    useEffect(() => {
        const first = list[0];
        screenKeys.value = first
            ? [{ keys: ["n"], shown: "n", help: "records.new", run: () => void openRecord(kind, first) }]
            : [];
        return () => {
            screenKeys.value = [];
        };
    }, [kind.kind, list[0]?.act]);
}

function OfKind({ kind }: { kind: Kind }) {
    const list = openings(kind);
    const show = TABS.find((tab) => tab === place.value.query.get("show")) ?? "open";
    useOpenKeys(kind, list);
    const open = recordsOf(kind.kind);
    return (
        <Panel
            title={said(kind.title)}
            aside={list.map((one, n) => (
                <button key={one.act} type="button" onClick={() => void openRecord(kind, one)}>
                    {actTitle(one)} {n === 0 && <kbd>n</kbd>}
                </button>
            ))}>
            <div class="tabs" role="group" aria-label={t("records.which")}>
                {TABS.map((tab) => (
                    <button
                        key={tab}
                        type="button"
                        aria-pressed={tab === show}
                        onClick={() => query({ show: tab === "open" ? "" : tab })}>
                        {t(`records.show.${tab}`)}
                    </button>
                ))}
            </div>
            {show === "over" ? (
                <Over kind={kind} />
            ) : (
                <RecordTable kind={kind} records={show === "overdue" ? open.filter(isOverdue) : open} />
            )}
        </Panel>
    );
}

/**
 * ms. What ends while we look comes by the stream; what ended right before, and PostgreSQL had not yet, comes with the next reading.
 * Who reads restricted ones is recorded each time: those are read once.
 */
const READ_AGAIN = 10_000;

function Over({ kind }: { kind: Kind }) {
    const past = useLoad<Rows>(`over-${kind.kind}`, (stop) =>
        get(`/records/${encodeURIComponent(kind.kind)}?${kind.read.length ? "" : "open=false&"}limit=200`, stop),
    );
    useEffect(() => {
        if (kind.read.length) return;
        const timer = setInterval(past.again, READ_AGAIN);
        return () => clearInterval(timer);
    }, [kind.kind]);
    return (
        <Load of={past}>
            {(value) => (
                <RecordTable
                    kind={kind}
                    records={newest([...endedOf(kind.kind), ...value.rows.map(changeOf)]).filter((one) =>
                        isOver(kind, one),
                    )}
                />
            )}
        </Load>
    );
}

function isOver(kind: Kind, record: Change): boolean {
    return kind.states.some((state) => state.state === textOf(record, "state") && state.over);
}

/** Of restricted ones each version is told, and of what ended just now both stream and database tell: the newest of each counts. */
function newest(told: readonly Change[]): Change[] {
    const found = new Map<number, Change>();
    for (const record of told) {
        const known = found.get(record.id);
        if (!known || known.version < record.version) found.set(record.id, record);
    }
    return [...found.values()];
}

function Dues({ record }: { record: Change }) {
    const dues = duesOf(record);
    if (dues.length === 0) return <span class="dim">–</span>;
    return (
        <>
            {dues.map((one) => (
                <div key={one.clock}>
                    {one.overdue && <strong class="late">{one.title} </strong>}
                    <Left at={one.due} />
                </div>
            ))}
        </>
    );
}

export function RecordTable({ kind, records }: { kind?: Kind; records: readonly Change[] }) {
    return (
        <Table
            label={kind ? said(kind.title) : t("nav.records")}
            empty={t("records.open.none")}
            rows={records}
            keyOf={(record) => record.id}
            columns={[
                {
                    name: t("records.number"),
                    cell: (record) => <a href={recordAddress(record)}>{textOf(record, "number")}</a>,
                },
                {
                    name: t("queue.what"),
                    cell: (record) => (
                        <>
                            {!kind && <span class="dim">{kindTitle(textOf(record, "kind"))} </span>}
                            {textOf(record, "title")}
                            {record.body.restricted === true && <span class="tag">{t("records.restricted")}</span>}
                            {record.exercise && <span class="tag">{t("tag.exercise")}</span>}
                        </>
                    ),
                },
                { name: t("queue.where"), cell: (record) => placeOf(kindOf(textOf(record, "kind")), record) },
                {
                    name: t("col.state"),
                    cell: (record) => stateTitle(kindOf(textOf(record, "kind")), textOf(record, "state")),
                },
                { name: t("hidden.since"), cell: (record) => <Time at={record.body.since} /> },
                { name: t("records.due"), cell: (record) => <Dues record={record} /> },
                { name: t("records.by"), cell: (record) => textOf(record, "opened_by") },
            ]}
        />
    );
}

function placeOf(kind: Kind | undefined, record: Change): string {
    const field = kind?.fields.find((one) => one.type === "zone");
    return field ? zoneTitle(asText(fieldsOf(record)[field.field])) : "";
}

/* --- one --- */

/** What of a restricted one is not told to everybody is asked for; that it was read is recorded. */
async function readRestricted(id: number): Promise<Change> {
    const bytes = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const { status, body } = await ask("POST", "/acts/record-read", { id: `read-${bytes}`, record: id });
    const answer = body as { ok?: boolean; record?: Change; error?: { name: string; text: string; cure: string } };
    if (answer.ok && answer.record) return answer.record;
    throw new ApiError({ status, name: "failed", text: "", cure: "", ...answer.error });
}

function useRecord(kindName: string, id: number) {
    const live = oneOrEnded("record", id);
    const restricted = live?.body.restricted === true;
    const past = useLoad<Rows>(`${id}.${live?.version ?? 0}`, (stop) =>
        get(`/records/${encodeURIComponent(kindName)}?record=${id}&limit=200`, stop),
    );
    const asked = useLoad<Change | null>(`${id}.${restricted ? live.version : ""}`, () =>
        restricted && !live.ended && may("operator", "supervisor", "maintenance", "administrator")
            ? readRestricted(id)
            : Promise.resolve(null),
    );
    const versions = past.value?.rows.map(changeOf) ?? [];
    const behind = past.value !== null && live !== undefined && !versions.some((one) => one.version >= live.version);
    useEffect(() => {
        if (!behind) return undefined; /* history is stored a moment after it happened */
        const timer = window.setTimeout(past.again, 700);
        return () => window.clearTimeout(timer);
    }, [behind, past.value]);
    const latest = versions.find((one) => !live || one.version >= live.version);
    const shown = asked.value ?? (restricted ? latest : live) ?? latest;
    return { live, shown, past, versions };
}

export function RecordScreen({ path }: { path: readonly string[] }) {
    const loaded = useKinds();
    const id = Number(path[2]);
    const { live, shown, past, versions } = useRecord(path[1] ?? "", id);
    const record = shown ?? live;
    const kind = kindOf(path[1] ?? "");
    useRecordKeys(kind);
    if (!record || !kind)
        return (
            <Page title={kindTitle(path[1] ?? "")}>
                <Load of={loaded}>{() => <Load of={past}>{() => <Empty>{t("records.unknown")}</Empty>}</Load>}</Load>
            </Page>
        );
    return (
        <Page
            title={textOf(record, "title") || textOf(record, "number")}
            aside={
                <>
                    <span class="dim">{textOf(record, "number")}</span>
                    <a class="button" href={`/records?kind=${encodeURIComponent(kind.kind)}`}>
                        {said(kind.title)} <kbd>Esc</kbd>
                    </a>
                </>
            }
            wide>
            <div class="alarm-top">
                <div class="alarm-head">
                    <strong class={isOverdue(record) ? "late" : ""}>{stateTitle(kind, textOf(record, "state"))}</strong>
                    {record.exercise && <span class="tag">{t("tag.exercise")}</span>}
                    {record.body.restricted === true && <span class="tag">{t("records.restricted")}</span>}
                </div>
                {live && !live.ended && <Deeds kind={kind} live={live} shown={record} />}
            </div>
            <div class="columns">
                <div>
                    <Panel title={t("alarm.facts")}>
                        <Facts of={facts(kind, record)} />
                    </Panel>
                    <Lists kind={kind} record={record} live={live && !live.ended ? live : undefined} />
                    <Made by={textOf(record, "number")} />
                </div>
                <div>
                    <Panel title={t("records.due")}>
                        <Dues record={record} />
                    </Panel>
                    <Sendings record={record} />
                    <Panel title={t("incident.course")}>
                        <Load of={past}>{() => <Course kind={kind} versions={versions} />}</Load>
                    </Panel>
                </div>
            </div>
        </Page>
    );
}

function useRecordKeys(kind: Kind | undefined): void {
    useEffect(() => {
        screenKeys.value = [
            {
                keys: ["a"],
                shown: "a",
                help: "records.key",
                run: () => document.querySelector<HTMLButtonElement>(".deeds button:enabled")?.focus(),
            },
            { keys: ["Escape"], shown: "Esc", help: "key.back", run: () => go(`/records?kind=${kind?.kind ?? ""}`) },
        ];
        return () => {
            screenKeys.value = [];
        };
    }, [kind?.kind]);
}

function Deeds({ kind, live, shown }: { kind: Kind; live: Change; shown: Change }) {
    const waits = pending(`record:${live.id}`);
    const me = session.value?.name ?? "";
    return (
        <div class="deeds">
            {actsFor(kind, live).map((one, n) => {
                const other = doneByMe(one, shown, me);
                return (
                    <button
                        key={one.act}
                        type="button"
                        class={n === 0 ? "main" : ""}
                        disabled={waits || other}
                        title={other ? t("records.other_person") : undefined}
                        onClick={() => void doToRecord(kind, one, live, fieldsOf(shown))}>
                        {actTitle(one)}
                    </button>
                );
            })}
            {waits && (
                <span class="waits" role="status">
                    {t("act.pending")}
                </span>
            )}
        </div>
    );
}

/* --- what it holds --- */

function Value({ field, value }: { field: KindField; value: unknown }) {
    const text = asText(value);
    switch (field.type) {
        case "zone":
            return <ZonePath zone={text} />;
        case "zones":
        case "texts":
            return (
                <>{(Array.isArray(value) ? value : [value]).map((one) => zoneOrText(field, asText(one))).join(", ")}</>
            );
        case "asset":
            return <>{assetOf(text)?.title || text}</>;
        case "time":
            return <Time at={value} />;
        case "bool":
            return <>{t(value === true ? "yes" : "no")}</>;
        case "number":
            return (
                <>
                    {text} {said(field.unit)}
                </>
            );
        case "choice":
            return <>{said(text)}</>;
        case "incident":
            return <a href={`/incident/${text}`}>{incidentName(Number(text))}</a>;
        case "alarm":
            return <a href={`/alarm/${text}`}>{text}</a>;
        case "record":
            return <Reference number={text} />;
        case "file":
            return <Attachment of={value as Body} />;
        case "signature":
            return <Signature of={value as Body} />;
        default:
            return <span class="pre">{text}</span>;
    }
}

function zoneOrText(field: KindField, text: string): string {
    return field.type === "zones" ? zoneTitle(text) : text;
}

function Reference({ number }: { number: string }) {
    const record = recordByNumber(number);
    return record ? (
        <a href={recordAddress(record)}>
            {number} {textOf(record, "title")}
        </a>
    ) : (
        <>{number}</>
    );
}

export function Attachment({ of }: { of: Body }) {
    return (
        <span class="attachment">
            {t("attach.of", { name: asText(of.name), size: asText(of.size) })} {asText(of.where)}
            <code>{asText(of.sha256)}</code>
        </span>
    );
}

function Signature({ of }: { of: Body }) {
    return (
        <>
            {asText(of.by)}, <Time at={of.at} />
        </>
    );
}

function isSet(value: unknown): boolean {
    return value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
}

function facts(kind: Kind, record: Change): (readonly [string, preact.ComponentChildren])[] {
    const fields = fieldsOf(record);
    const origin = textOf(record, "origin");
    return [
        ...kind.fields
            .filter((field) => !["checklist", "log"].includes(field.type) && isSet(fields[field.field]))
            .map(
                (field) =>
                    [said(field.title || field.field), <Value field={field} value={fields[field.field]} />] as const,
            ),
        [t("records.origin"), origin && <Reference number={origin} />],
        [
            t("records.opened"),
            record.body.opened_at != null && (
                <Signature of={{ at: record.body.opened_at, by: record.body.opened_by }} />
            ),
        ],
    ];
}

/** Checklists and logs, each a panel of its own. */
function Lists({ kind, record, live }: { kind: Kind; record: Change; live: Change | undefined }) {
    const fields = fieldsOf(record);
    return (
        <>
            {kind.fields.map((field) => {
                const rows = fields[field.field];
                if (!Array.isArray(rows) || rows.length === 0) return null;
                if (field.type === "checklist")
                    return <Checklist key={field.field} kind={kind} field={field} rows={rows as Body[]} live={live} />;
                return field.type === "log" ? <Log key={field.field} field={field} rows={rows as Body[]} /> : null;
            })}
        </>
    );
}

const RESULT_MARKS: Record<string, string> = { ok: "✓", bad: "✗", none: "○" };

function Checklist(props: { kind: Kind; field: KindField; rows: readonly Body[]; live: Change | undefined }) {
    const { kind, field, rows, live } = props;
    const answer = live && actsFor(kind, live).find((one) => one.check === field.field);
    return (
        <Panel title={said(field.title || field.field)}>
            <ul class="rows">
                {rows.map((row, n) => (
                    <li key={n}>
                        <span aria-hidden="true">{RESULT_MARKS[asText(row.result)] ?? "○"}</span>
                        <span class="grow">
                            {assetOf(asText(row.item))?.title || asText(row.item)}
                            {isSet(row.note) && <q> {asText(row.note)}</q>}
                        </span>
                        <span class={row.result === "bad" ? "late" : ""}>{word("result", asText(row.result))}</span>
                        {isSet(row.by) && <Signature of={row} />}
                        {answer && row.result === "none" && (
                            <button
                                type="button"
                                class="small"
                                disabled={pending(`record:${live.id}`)}
                                aria-label={`${asText(row.item)}: ${t("result.ok")}`}
                                onClick={() => void answerItem(kind, answer, live, asText(row.item))}>
                                {t("result.ok")}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

function Log({ field, rows }: { field: KindField; rows: readonly Body[] }) {
    return (
        <Panel title={said(field.title || field.field)}>
            <ul class="rows notes">
                {rows.map((row, n) => (
                    <li key={n}>
                        <span class="grow pre">
                            {Object.entries(row)
                                .filter(([name]) => name !== "at" && name !== "by")
                                .map(([name, value]) =>
                                    name === "text" ? asText(value) : `${word("entry", name)}: ${asText(value)}`,
                                )
                                .join(", ")}
                        </span>
                        <span class="dim">
                            <Signature of={row} />
                        </span>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

/** What it made, and a plan planned: as far as that is open. */
function Made({ by }: { by: string }) {
    const made = every("record").filter((one) => textOf(one, "origin") === by);
    if (made.length === 0) return null;
    return (
        <Panel title={t("records.made")}>
            <ul class="rows">
                {made.map((one) => (
                    <li key={one.id}>
                        <a class="grow" href={recordAddress(one)}>
                            {textOf(one, "number")} {textOf(one, "title")}
                        </a>
                        {stateTitle(kindOf(textOf(one, "kind")), textOf(one, "state"))}
                        <Dues record={one} />
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

/* --- what became of it --- */

/** Fields that a version has otherwise than the one before it. */
function changed(kind: Kind, now: Change, before: Change | undefined): KindField[] {
    const is = fieldsOf(now);
    const was = before ? fieldsOf(before) : {};
    return kind.fields.filter(
        (field) => JSON.stringify(is[field.field] ?? null) !== JSON.stringify(was[field.field] ?? null),
    );
}

function whatText(kind: Kind, what: string): string {
    if (what === "amended") return t("records.amended");
    if (what === "opened") return t("records.opened");
    const one = kind.acts.find((each) => each.act === what);
    const clock = kind.clocks.find((each) => each.clock === what);
    return one ? actTitle(one) : clock ? said(clock.title) : word("deed", what);
}

function Course({ kind, versions }: { kind: Kind; versions: readonly Change[] }) {
    return (
        <ol class="rows notes">
            {versions.map((version, n) => (
                <li key={version.version}>
                    <span class="grow">
                        <b>{whatText(kind, version.what)}</b> – {stateTitle(kind, textOf(version, "state"))}
                        {version.reason && <q> {version.reason}</q>}
                    </span>
                    <span class="dim">
                        {version.actor}, <Time at={version.time} />
                    </span>
                    {n + 1 < versions.length && (
                        <p class="dim">
                            {changed(kind, version, versions[n + 1])
                                .map((field) => said(field.title || field.field))
                                .join(", ")}
                        </p>
                    )}
                </li>
            ))}
        </ol>
    );
}

/** Of an incident: what belongs to it. */
export function recordsOfIncident(incident: number): Change[] {
    return every("record").filter((record) => record.incident === incident);
}
