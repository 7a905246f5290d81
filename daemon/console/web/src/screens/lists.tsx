/* Screens that are lists of what the server has: devices, rules, audit, health. */
import { act, pending } from "../core/act";
import { get, urlOf } from "../core/api";
import { place, query } from "../core/router";
import { saidBy, textOfRule, titleOf, type Rule } from "../core/rules";
import { assetOf, siteTitle, zoneTitle } from "../core/site";
import { may } from "../core/session";
import { beat, type Mode } from "../core/stream";
import { notices, revision } from "../core/store";
import { asText, type Body } from "../core/wire";
import { Advice } from "../parts/advice";
import { Empty, Facts, Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { actorText, Age, Time } from "../parts/marks";
import { t, word } from "../text/text";
import { detailText, noticeText } from "../text/titles";
import { span } from "../text/time";
import { columnTitle } from "./history";

interface Rows {
    rows: Body[];
    next: string | null;
}

function Search({ name, label }: { name: string; label: string }) {
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        query({ [name]: String(new FormData(event.target as HTMLFormElement).get(name) ?? "").trim() });
    };
    return (
        <form class="filters" onSubmit={submit} role="search">
            <div class="field">
                <label for={`s-${name}`}>{label}</label>
                <input id={`s-${name}`} name={name} maxLength={200} value={place.value.query.get(name) ?? ""} />
            </div>
            <button type="submit" class="main">
                {t("history.search")}
            </button>
        </form>
    );
}

function asked(...names: string[]): string {
    const words = new URLSearchParams();
    for (const name of names) {
        const said = place.value.query.get(name);
        if (said) words.set(name, said);
    }
    words.set("limit", "500");
    return words.toString();
}

/* --- devices --- */

interface Sensor {
    sensor: string;
    understood?: number;
    not_understood?: number;
}

export function DevicesScreen() {
    const words = asked("device", "zone");
    const devices = useLoad<Rows>(words, (stop) => get(`/devices?${words}`, stop));
    const sensors = useLoad<{ sensors: Sensor[] }>("sensors", (stop) => get("/sensors", stop));
    return (
        <Page title={t("nav.devices")} wide>
            <Search name="device" label={t("alarm.asset")} />
            <Panel title={t("devices.heard")}>
                <Load of={devices}>{(value) => <DeviceTable rows={value.rows} />}</Load>
            </Panel>
            <div class="columns">
                {may("supervisor", "auditor", "integrator", "administrator") && <Unknown />}
                <Panel title={t("devices.types")}>
                    <Load of={sensors}>
                        {(value) => (
                            <Table
                                label={t("devices.types")}
                                empty={t("history.none")}
                                rows={value.sensors}
                                keyOf={(sensor) => sensor.sensor}
                                columns={[
                                    { name: t("devices.type"), cell: (sensor) => sensor.sensor },
                                    {
                                        name: t("devices.understood"),
                                        class: "number",
                                        cell: (sensor) => sensor.understood ?? 0,
                                    },
                                    {
                                        name: t("devices.not_understood"),
                                        class: "number",
                                        cell: (sensor) => sensor.not_understood ?? 0,
                                    },
                                ]}
                            />
                        )}
                    </Load>
                </Panel>
            </div>
        </Page>
    );
}

interface UnknownGroup {
    topic: unknown;
    reason: string;
    detail: unknown;
    count: number;
    last: string;
    sample: Body;
}

interface UnknownAnswer {
    messages: number;
    unexplained: number;
    topics: number;
    unknown: UnknownGroup[];
}

const SPANS = ["1h", "24h", "7d"];

/** A filter of the topics of a group: what varies is any. */
function filterOf(topic: unknown): string {
    return asText(topic)
        .split("/")
        .map((level) => (level.includes("{") ? "+" : level))
        .join("/");
}

/** What the types that stand in the files now make of the messages of a while; it is worked out when it is asked for. */
function Unknown() {
    const span = place.value.query.get("span") ?? SPANS[0]!;
    const load = useLoad<UnknownAnswer>(span, (stop) => get(`/sensors/unknown?limit=50&from=${span}`, stop));
    const choice = (
        <select
            aria-label={t("devices.span")}
            value={span}
            onChange={(event) => query({ span: event.currentTarget.value })}>
            {SPANS.map((one) => (
                <option key={one} value={one}>
                    {word("span", one)}
                </option>
            ))}
        </select>
    );
    return (
        <Panel title={t("devices.unknown")} aside={choice}>
            <Load of={load}>
                {(value) => (
                    <>
                        <p class="dim">{t("devices.unknown.of", { n: value.unexplained, all: value.messages })}</p>
                        <UnknownTable span={span} groups={value.unknown} />
                    </>
                )}
            </Load>
        </Panel>
    );
}

function UnknownTable({ span, groups }: { span: string; groups: readonly UnknownGroup[] }) {
    return (
        <Table
            label={t("devices.unknown")}
            empty={t("devices.unknown.none")}
            rows={groups.map((group, n) => ({ group, n }))}
            keyOf={({ n }) => n}
            columns={[
                { name: t("devices.topic"), cell: ({ group }) => asText(group.topic) },
                { name: t("devices.reason"), cell: ({ group }) => `${group.reason} ${asText(group.detail)}` },
                { name: t("devices.count"), class: "number", cell: ({ group }) => group.count },
                { name: t("devices.when"), cell: ({ group }) => <Age at={group.last} /> },
                {
                    name: t("devices.sample"),
                    cell: ({ group }) => (
                        <details>
                            <summary>{asText(group.sample.payload).slice(0, 40)}</summary>
                            <pre class="code">{`${asText(group.sample.topic)}\n${asText(group.sample.payload)}`}</pre>
                        </details>
                    ),
                },
                {
                    name: t("devices.draft"),
                    cell: ({ group }) => (
                        <a
                            href={urlOf("/sensors/draft", { topic: filterOf(group.topic), from: span })}
                            target="_blank"
                            rel="noreferrer">
                            {t("devices.draft.begin")}
                        </a>
                    ),
                },
            ]}
        />
    );
}

function DeviceTable({ rows }: { rows: readonly Body[] }) {
    return (
        <Table
            label={t("devices.heard")}
            empty={t("history.none")}
            rows={rows}
            keyOf={(row) => asText(row.device)}
            columns={[
                {
                    name: t("alarm.asset"),
                    cell: (row) => (
                        <a href={`/history?what=events&device=${encodeURIComponent(asText(row.device))}`}>
                            {assetOf(asText(row.asset))?.title || asText(row.device)}
                        </a>
                    ),
                },
                { name: t("queue.where"), cell: (row) => zoneTitle(asText(row.zone)) },
                { name: t("devices.type"), cell: (row) => asText(row.sensor) },
                { name: t("devices.last"), cell: (row) => `${asText(row.kind)} ${asText(row.state)}` },
                {
                    name: t("devices.when"),
                    cell: (row) => <Age at={row.last_at ?? row.heard_at ?? row.journal_time ?? row.time} />,
                },
            ]}
        />
    );
}

/* --- rules --- */

/** The last two parts of a path say where; all of it is its title. */
function Place({ place: path }: { place: string }) {
    return <span title={path}>{path.split("/").slice(-2).join("/")}</span>;
}

function RuleName({ rule, open }: { rule: Rule; open: boolean }) {
    const title = titleOf(rule);
    return (
        <details open={open}>
            <summary>
                <b>{title || rule.rule}</b> {title && <span class="dim">{rule.rule}</span>}
            </summary>
            {rule.hash === "" ? <Advice text={textOfRule(rule)} /> : <pre class="code">{textOfRule(rule)}</pre>}
        </details>
    );
}

export function RulesScreen() {
    const rules = useLoad<{ hash: string; rules: Rule[] }>("rules", (stop) => get("/rules", stop));
    const wanted = place.value.query.get("rule") ?? "";
    const find = (rule: Rule) => `${rule.rule} ${titleOf(rule)}`.toLowerCase().includes(wanted.toLowerCase());
    return (
        <Page
            title={t("nav.rules")}
            wide
            aside={<a href="/figures?figure=rules-signed&span=30d">{t("rules.signed")}</a>}>
            <Search name="rule" label={t("alarm.rule")} />
            <Load of={rules}>
                {(value) => (
                    <Panel title={t("rules.in_force", { n: value.rules.length })} aside={<code>{value.hash}</code>}>
                        <Table
                            label={t("nav.rules")}
                            empty={t("history.none")}
                            rows={value.rules.filter(find)}
                            keyOf={(rule) => `${rule.rule} ${rule.title ?? ""}`}
                            columns={[
                                {
                                    name: t("alarm.rule"),
                                    cell: (rule) => <RuleName rule={rule} open={rule.rule === wanted} />,
                                },
                                { name: t("alarm.hazard"), cell: (rule) => word("hazard", saidBy(rule, "hazard")) },
                                {
                                    name: t("queue.priority"),
                                    cell: (rule) => word("priority", saidBy(rule, "priority")),
                                },
                                { name: t("rules.seen"), class: "number", cell: (rule) => rule.seen ?? "–" },
                                { name: t("rules.raised"), class: "number", cell: (rule) => rule.detections ?? "–" },
                                { name: t("rules.place"), cell: (rule) => <Place place={rule.place ?? ""} /> },
                            ]}
                        />
                    </Panel>
                )}
            </Load>
        </Page>
    );
}

/* --- audit --- */

const UNSAID = ["as", "cmd", "edition", "id", "reason", "roles", "version", "via"];

/** What an act was about, in the words that it came with; and all of it for whoever wants it. */
function Request({ text }: { text: string }) {
    let said: Body;
    try {
        said = JSON.parse(text) as Body;
    } catch {
        return <>{text}</>;
    }
    if (said === null || typeof said !== "object") return <>{text}</>;
    const words = Object.entries(said)
        .filter(([name]) => !UNSAID.includes(name))
        .map(([name, value]) => `${columnTitle(name)}: ${asText(value)}`);
    return (
        <details>
            <summary>
                {words.join(", ") || asText(said.cmd ?? "{…}")}{" "}
                {said.reason !== undefined && <q>{asText(said.reason)}</q>}
            </summary>
            <pre class="code">{text}</pre>
        </details>
    );
}

interface EngineAnswer {
    ok?: boolean;
    error?: { name?: string; text?: string };
    glass_broken?: boolean;
    changes?: { what?: string }[];
}

/** The engine's answer: why not, if not; and whether it took a second person, and was done without. */
function Answer({ text }: { text: string }) {
    try {
        const said = JSON.parse(text) as EngineAnswer;
        if (said.ok === false) return <>{word("refusal", said.error?.name) || said.error?.text}</>;
        const broken = said.glass_broken || said.changes?.some((change) => change.what?.endsWith("glass-broken"));
        return broken ? <span class="tag">{t("approval.glass")}</span> : null;
    } catch {
        return <>{text}</>;
    }
}

export function AuditScreen() {
    const words = asked("person", "text", "from", "to");
    const audit = useLoad<Rows>(words, (stop) => get(`/audit?${words}`, stop));
    return (
        <Page title={t("nav.audit")} wide>
            <Search name="person" label={t("col.person")} />
            <Panel title={t("nav.audit")}>
                <Load of={audit}>
                    {(value) => (
                        <Table
                            label={t("nav.audit")}
                            empty={t("history.none")}
                            rows={value.rows.map((row, n) => ({ row, n }))}
                            keyOf={({ n }) => n}
                            columns={[
                                {
                                    name: t("col.time"),
                                    cell: ({ row }) => <Time at={row.journal_time ?? row.time ?? row.at} />,
                                },
                                { name: t("col.person"), cell: ({ row }) => actorText(row.actor ?? row.person) },
                                {
                                    name: t("audit.what"),
                                    cell: ({ row }) => word("deed", asText(row.name ?? row.what)),
                                },
                                { name: t("audit.about"), cell: ({ row }) => <Request text={asText(row.text)} /> },
                                {
                                    name: t("audit.result"),
                                    cell: ({ row }) => word("audit.result", asText(row.result)),
                                },
                                { name: t("col.reason"), cell: ({ row }) => <Answer text={asText(row.answer)} /> },
                            ]}
                        />
                    )}
                </Load>
            </Panel>
        </Page>
    );
}

/* --- health --- */

/** A status is a tree of names and numbers: shown as it is, the deep parts folded. */
function Tree({ of, depth }: { of: unknown; depth: number }) {
    if (of === null || typeof of !== "object") return <>{asText(of)}</>;
    return (
        <ul class="tree">
            {Object.entries(of as Body).map(([name, value]) => (
                <li key={name}>
                    {value !== null && typeof value === "object" ? (
                        <details>
                            <summary>{columnTitle(name)}</summary>
                            <Tree of={value} depth={depth + 1} />
                        </details>
                    ) : (
                        <>
                            <span class="dim">{columnTitle(name)}</span> {asText(value)}
                        </>
                    )}
                </li>
            ))}
        </ul>
    );
}

/** What the whole site is in: switched by hand, and recorded. */
function Modes() {
    const modes = beat.value.modes ?? [];
    if (modes.length === 0) return null;
    const flip = (mode: Mode) =>
        void act("mode", `mode:${mode.mode}`, mode.title || mode.mode, { name: mode.mode, on: !mode.on });
    return (
        <Panel title={t("mode.title")}>
            <ul class="rows">
                {modes.map((mode) => (
                    <li key={mode.mode}>
                        <span class="grow">
                            {mode.title || mode.mode}
                            {mode.exercise && <span class="tag">{t("tag.exercise")}</span>}
                        </span>
                        <b>{t(mode.on ? "mode.on" : "mode.off")}</b>
                        {may("operator", "supervisor") && (
                            <button
                                type="button"
                                disabled={pending(`mode:${mode.mode}`)}
                                aria-label={`${mode.title || mode.mode}: ${t(mode.on ? "mode.switch_off" : "mode.switch_on")}`}
                                onClick={() => flip(mode)}>
                                {t(mode.on ? "mode.switch_off" : "mode.switch_on")}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

/** What whoever is called at night asks first. */
function engineFacts(engine: Body | undefined): (readonly [string, string])[] {
    if (!engine) return [];
    const number = (value: unknown) => (typeof value === "number" ? value : NaN);
    const known = (value: number, text: string) => (Number.isNaN(value) ? "" : text);
    const up = number(engine.up_s);
    const rate = number(engine.messages_per_s);
    const overdue = number(engine.overdue_s);
    return [
        [t("status.up"), known(up, span(up * 1000))],
        [t("status.rate"), known(rate, t("status.rate.of", { n: rate.toFixed(1) }))],
        [t("status.behind"), known(overdue, span(overdue * 1000))],
        [t("column.version"), asText(engine.version)],
    ];
}

export function StatusScreen() {
    const status = useLoad<{ engine: Body; console: Body }>("status", (stop) => get("/status", stop));
    void revision.value;
    return (
        <Page
            title={t("nav.status")}
            wide
            aside={
                <button type="button" onClick={status.again}>
                    {t("status.again")}
                </button>
            }>
            <Panel title={t("status.now")}>
                <Facts
                    of={[
                        [t("status.engine"), beat.value.engine ? t("status.well") : t("live.engine")],
                        [t("status.intake"), beat.value.intake === false ? t("live.blind") : t("status.well")],
                        [t("status.database"), beat.value.database === false ? t("status.away") : t("status.well")],
                        [t("status.site"), siteTitle()],
                        ...engineFacts(status.value?.engine),
                    ]}
                />
            </Panel>
            <Modes />
            <div class="columns">
                <Panel title={t("status.all")}>
                    <Load of={status}>{(value) => <Tree of={value} depth={0} />}</Load>
                </Panel>
                <Panel title={t("status.notices")}>
                    {notices.length === 0 && <Empty>{t("status.notices.none")}</Empty>}
                    <ul class="rows">
                        {[...notices].reverse().map((told) => (
                            <li key={told.at}>
                                <span class="grow">
                                    <b>{noticeText(told.notice.name)}</b> {told.notice.subject}{" "}
                                    {detailText(told.notice.text)}
                                </span>
                            </li>
                        ))}
                    </ul>
                </Panel>
            </div>
        </Page>
    );
}
