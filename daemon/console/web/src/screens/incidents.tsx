/* Incidents: the list of those that are open, and one with its procedure, notes, disposition and course. */
import { useLayoutEffect } from "preact/hooks";
import { act, pending } from "../core/act";
import { get } from "../core/api";
import { screenKeys } from "../core/keys";
import { loadKinds } from "../core/kinds";
import { rankOf } from "../core/order";
import { go } from "../core/router";
import { may, session } from "../core/session";
import { site, zoneTitle } from "../core/site";
import { alarms, allOfIncident, every, membersOf, one, oneOrEnded, revision } from "../core/store";
import {
    asText,
    isBody,
    listOf,
    numberOf,
    PRIORITIES,
    textOf,
    type Body,
    type Change,
    type Priority,
} from "../core/wire";
import { askFor } from "../parts/ask";
import { ExportProgress, exporting } from "../parts/export";
import { Empty, Facts, Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { recordFor } from "../parts/record_deeds";
import {
    addNote,
    answerApproval,
    approvalText,
    attach,
    dispatchTo,
    doToIncident,
    INCIDENT_DEEDS,
    incidentDeeds,
    typed,
} from "../parts/incident_deeds";
import { actorText, Age, AlarmMark, Left, PriorityMark, StateText, Time } from "../parts/marks";
import { Requests } from "../parts/requests";
import { Steps } from "../parts/steps";
import { t, word } from "../text/text";
import { alarmTitle, incidentTitle, titleText } from "../text/titles";
import { ZonePath, incidentName } from "./alarm_summary";
import { Attachment, recordsOfIncident, RecordTable } from "./records";

export function priorityOf(incident: Change): Priority {
    const name = textOf(incident, "priority");
    return PRIORITIES.find((one) => one === name) ?? "low";
}

/** Open ones, as they are to be looked at: the gravest first, those that nobody has begun before the others. */
export function sorted(): Change[] {
    const weight = (incident: Change) =>
        textOf(incident, "state") === "new" ? 0 : textOf(incident, "state") === "resolved" ? 2 : 1;
    return every("incident").sort(
        (a, b) => rankOf(priorityOf(a)) - rankOf(priorityOf(b)) || weight(a) - weight(b) || a.id - b.id,
    );
}

export async function openIncident(): Promise<void> {
    const hazards = ["fire", "theft", "robbery", "explosion", "sabotage", "fraud", "loss", "disaster", "system"];
    const answers = await askFor({
        title: t("deed.incident-open"),
        fields: [
            { name: "title", label: t("incident.what"), required: true },
            {
                name: "hazard",
                label: t("alarm.hazard"),
                kind: "choice",
                options: hazards.map((name) => [name, word("hazard", name)] as const),
            },
            {
                name: "priority",
                label: t("queue.priority"),
                kind: "choice",
                value: "medium",
                options: PRIORITIES.map((name) => [name, word("priority", name)] as const),
            },
            {
                name: "zone",
                label: t("alarm.zone"),
                kind: "choice",
                options: [["", "–"], ...site.value.zones.map((zone) => [zone.zone, zone.title || zone.zone] as const)],
            },
            { name: "exercise", label: t("incident.exercise"), kind: "yes" },
        ],
        confirm: t("deed.incident-open"),
    });
    if (!answers) return;
    const reply = await act("incident-open", "incident:new", answers.title ?? "", typed(answers));
    const made = reply.changes?.find((change) => change.subject === "incident");
    if (made) go(`/incident/${made.id}`);
}

export function IncidentsScreen() {
    const list = sorted();
    return (
        <Page
            title={t("nav.incidents")}
            aside={
                may("operator", "supervisor") && (
                    <button type="button" onClick={() => void openIncident()}>
                        {t("deed.incident-open")}
                    </button>
                )
            }
            wide>
            <Approvals />
            <Panel title={t("incidents.open", { n: list.length })}>
                <Table
                    label={t("nav.incidents")}
                    empty={t("incidents.none")}
                    rows={list}
                    keyOf={(incident) => incident.id}
                    columns={[
                        {
                            name: t("queue.priority"),
                            cell: (incident) => (
                                <>
                                    <PriorityMark
                                        priority={priorityOf(incident)}
                                        look={textOf(incident, "state") === "new" ? "pulse" : "rest"}
                                    />{" "}
                                    {word("priority", priorityOf(incident))}
                                </>
                            ),
                        },
                        {
                            name: t("queue.what"),
                            cell: (incident) => (
                                <>
                                    <a href={`/incident/${incident.id}`}>{incidentTitle(incident)}</a>
                                    {incident.exercise && <span class="tag">{t("tag.exercise")}</span>}
                                </>
                            ),
                        },
                        { name: t("queue.where"), cell: (incident) => zoneTitle(textOf(incident, "zone")) },
                        { name: t("col.state"), cell: (incident) => word("incident.state", textOf(incident, "state")) },
                        { name: t("incident.owner"), cell: (incident) => textOf(incident, "owner") || "–" },
                        {
                            name: t("incident.alarms"),
                            class: "number",
                            cell: (incident) => numberOf(incident, "alarm_count"),
                        },
                        { name: t("queue.age"), cell: (incident) => <Age at={incident.body.opened_at} /> },
                    ]}
                />
            </Panel>
        </Page>
    );
}

/** What waits for a second person. */
export function Approvals() {
    return (
        <>
            <Requests />
            <PendingApprovals />
        </>
    );
}

function PendingApprovals() {
    const list = every("approval").filter((approval) => textOf(approval, "state") === "pending");
    if (list.length === 0) return null;
    return (
        <Panel title={t("approval.title")}>
            <ul class="rows">
                {list.map((approval) => {
                    const own = textOf(approval, "asked_by") === session.value?.name;
                    return (
                        <li key={approval.id}>
                            <span class="grow">
                                {approvalText(approval)}{" "}
                                {approval.incident && (
                                    <a href={`/incident/${approval.incident}`}>{incidentName(approval.incident)}</a>
                                )}{" "}
                                <Left at={approval.body.expires_at} />
                            </span>
                            {own ? (
                                <span class="dim">{t("approval.other")}</span>
                            ) : (
                                may("operator", "supervisor", "administrator") && (
                                    <>
                                        <button
                                            type="button"
                                            class="main"
                                            onClick={() => void answerApproval(approval, true)}>
                                            {t("deed.approve")}
                                        </button>
                                        <button type="button" onClick={() => void answerApproval(approval, false)}>
                                            {t("deed.reject")}
                                        </button>
                                    </>
                                )
                            )}
                        </li>
                    );
                })}
            </ul>
        </Panel>
    );
}

interface Story {
    partial: boolean;
    now: Change[];
    changes: Change[];
    alarms?: Body[];
}

function Deeds({ incident }: { incident: Change }) {
    void revision.value;
    const deeds = incidentDeeds(incident);
    const leading = deeds.find((deed) => deed.leads?.(incident) && !deed.before?.(incident));
    const before = deeds.map((deed) => deed.before?.(incident) ?? "").filter(Boolean);
    const waits = pending(`incident:${incident.id}`);
    return (
        <div class="deeds">
            {deeds.map((deed) => (
                <button
                    key={deed.verb}
                    type="button"
                    class={deed === leading ? "main" : ""}
                    disabled={waits || Boolean(deed.before?.(incident))}
                    onClick={() => void doToIncident(deed, incident)}>
                    {t(deed.label)} <kbd>{deed.key}</kbd>
                </button>
            ))}
            {may("operator", "supervisor") && textOf(incident, "state") !== "closed" && (
                <button type="button" onClick={() => void dispatchTo(incident)}>
                    {t("deed.dispatch")} <kbd>d</kbd>
                </button>
            )}
            {before.map((text) => (
                <span key={text} class="before" role="note">
                    {text}
                </span>
            ))}
            {waits && (
                <span class="waits" role="status">
                    {t("act.pending")}
                </span>
            )}
        </div>
    );
}

function facts(incident: Change): (readonly [string, preact.ComponentChildren])[] {
    const merged = numberOf(incident, "merged_into");
    return [
        [t("col.state"), word("incident.state", textOf(incident, "state"))],
        [t("incident.owner"), textOf(incident, "owner") || "–"],
        [t("alarm.zone"), textOf(incident, "zone") && <ZonePath zone={textOf(incident, "zone")} />],
        [t("alarm.hazard"), word("hazard", textOf(incident, "hazard"))],
        [t("incident.opened"), <Time at={incident.body.opened_at} />],
        [
            t("alarm.acknowledged"),
            textOf(incident, "acknowledged_by") && (
                <>
                    {textOf(incident, "acknowledged_by")}, <Time at={incident.body.acknowledged_at} />
                </>
            ),
        ],
        [t("incident.dispatched"), incident.body.dispatched_at != null && <Time at={incident.body.dispatched_at} />],
        [t("incident.held"), incident.body.held_until != null && <Left at={incident.body.held_until} />],
        [t("incident.resolved"), incident.body.resolved_at != null && <Time at={incident.body.resolved_at} />],
        [t("col.disposition"), dispositionText(incident)],
        [t("incident.merged"), merged > 0 && <a href={`/incident/${merged}`}>{incidentName(merged)}</a>],
    ];
}

function dispositionText(incident: Change): string {
    const code = textOf(incident, "disposition");
    return site.value.dispositions?.find((one) => one.code === code)?.title ?? code;
}

function Alarms({ incident, rows }: { incident: Change; rows: readonly Body[] }) {
    void revision.value;
    const live = membersOf(incident.id).flatMap((id) => alarms.get(id) ?? []);
    const liveIds = new Set(live.map((alarm) => alarm.id));
    const over = rows.filter((row) => !liveIds.has(Number(row.alarm ?? row.id)));
    if (live.length + over.length === 0) return <Empty>{t("incident.alarms.none")}</Empty>;
    return (
        <ul class="rows">
            {live.map((alarm) => (
                <li key={alarm.id}>
                    <AlarmMark alarm={alarm} />
                    <a class="grow" href={`/alarm/${alarm.id}`}>
                        {alarmTitle(alarm)}
                    </a>
                    {numberOf(incident, "cause") === alarm.id && <span class="tag">{t("incident.cause")}</span>}
                    <StateText state={alarm.state} />
                    <Age at={alarm.raised_at} />
                </li>
            ))}
            {over.map((row) => (
                <li key={asText(row.alarm ?? row.id)}>
                    <a class="grow" href={`/alarm/${asText(row.alarm ?? row.id)}`}>
                        {titleText(asText(row.title))}
                    </a>
                    <StateText state={asText(row.state)} />
                </li>
            ))}
        </ul>
    );
}

/** Evidence, reports, holds: what belongs to it and is open. */
function Records({ incident }: { incident: Change }) {
    useLoad("kinds", loadKinds);
    const list = recordsOfIncident(incident.id);
    return (
        <Panel
            title={t("nav.records")}
            aside={
                may("operator", "supervisor") && (
                    <button type="button" onClick={() => void recordFor(incident)}>
                        {t("records.for_incident")} <kbd>n</kbd>
                    </button>
                )
            }>
            <RecordTable records={list} />
        </Panel>
    );
}

function Notes({ incident }: { incident: Change }) {
    const notes = allOfIncident("note", incident.id);
    const pick = (event: Event) => {
        const input = event.target as HTMLInputElement;
        const file = input.files?.[0];
        if (file) void attach(incident, file).finally(() => (input.value = ""));
    };
    return (
        <Panel
            title={t("incident.notes")}
            aside={
                may("operator", "supervisor") && (
                    <>
                        <button type="button" onClick={() => void addNote(incident)}>
                            {t("deed.note")} <kbd>e</kbd>
                        </button>{" "}
                        <label class="button">
                            {t("attach.title")}
                            <input type="file" class="unseen" onChange={pick} />
                        </label>
                    </>
                )
            }>
            {notes.length === 0 && <Empty>{t("incident.notes.none")}</Empty>}
            <ul class="rows notes">
                {notes.map((note) => (
                    <li key={note.id}>
                        <span class="grow pre">{textOf(note, "text")}</span>
                        {isBody(note.body.attachment) && <Attachment of={note.body.attachment} />}
                        {listOf(note, "amendments").map((amendment, n) => (
                            <p key={n} class="dim">
                                {asText(amendment.text)} – {asText(amendment.by)}
                            </p>
                        ))}
                        <span class="dim">
                            {textOf(note, "by")}, <Time at={note.body.at} />
                        </span>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

function People({ incident }: { incident: Change }) {
    const dispatches = allOfIncident("dispatch", incident.id);
    const told = allOfIncident("notification", incident.id);
    const ladders = allOfIncident("escalation", incident.id).filter((one) => textOf(one, "state") === "running");
    return (
        <Panel title={t("incident.people")}>
            {dispatches.length + told.length + ladders.length === 0 && <Empty>{t("alarm.told.none")}</Empty>}
            <ul class="rows">
                {dispatches.map((one) => (
                    <li key={`d${one.id}`}>
                        <b class="grow">{textOf(one, "guard")}</b> {word("dispatch.state", textOf(one, "state"))}{" "}
                        <Time at={one.body.arrived_at ?? one.body.sent_at} />
                    </li>
                ))}
                {told.map((one) => (
                    <li key={`n${one.id}`}>
                        <span class="grow">
                            {textOf(one, "recipient")} · {textOf(one, "channel")}
                        </span>
                        {word("told", textOf(one, "state"))} <Time at={one.body.sent_at ?? one.body.due_at} />
                    </li>
                ))}
                {ladders.map((one) => (
                    <li key={`e${one.id}`}>
                        <span class="grow">{t("incident.ladder", { name: textOf(one, "ladder") })}</span>
                        {may("operator", "supervisor") && (
                            <button type="button" class="small" onClick={() => void stopLadder(one)}>
                                {t("deed.escalation-stop")}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

async function stopLadder(ladder: Change): Promise<void> {
    const answers = await askFor({
        title: t("deed.escalation-stop"),
        text: textOf(ladder, "ladder"),
        fields: [{ name: "reason", label: t("ask.reason"), required: true }],
        confirm: t("deed.escalation-stop"),
    });
    if (answers)
        await act("escalation-stop", `escalation:${ladder.id}`, textOf(ladder, "ladder"), {
            escalation: ladder.id,
            ...answers,
        });
}

/** What the system lays out by itself when an incident begins is seen where it lies: as steps and as notifications. */
const LAID_OUT = ["step-made", "due"];
const COURSE = ["step", "note", "disposition", "dispatch", "escalation", "notification"];

/** What has just changed is here before the history has it. */
function withLatest(changes: readonly Change[], id: number): Change[] {
    const keyOf = (change: Change) => `${change.subject} ${change.id}.${change.version}`;
    const known = new Set(changes.map(keyOf));
    const latest = [oneOrEnded("incident", id), ...COURSE.flatMap((subject) => allOfIncident(subject, id))];
    return [...changes, ...latest.flatMap((one) => (one && !known.has(keyOf(one)) ? [one] : []))].sort((a, b) =>
        a.time < b.time ? -1 : a.time > b.time ? 1 : 0,
    );
}

function CourseTable({ changes }: { changes: readonly Change[] }) {
    return (
        <Table
            label={t("incident.course")}
            empty={t("alarm.course.none")}
            rows={changes.filter((change) => !LAID_OUT.includes(change.what)).reverse()}
            keyOf={(change) => `${change.subject}${change.id}.${change.version}`}
            columns={[
                { name: t("col.time"), cell: (change) => <Time at={change.time} /> },
                {
                    name: t("col.cause"),
                    cell: (change) => `${word("subject", change.subject)} ${change.id}: ${word("what", change.what)}`,
                },
                { name: t("col.person"), cell: (change) => actorText(change.actor) },
                { name: t("col.reason"), cell: (change) => change.reason },
            ]}
        />
    );
}

function useIncidentKeys(incident: Change | undefined): void {
    useLayoutEffect(() => {
        if (!incident) return undefined;
        screenKeys.value = [
            ...INCIDENT_DEEDS.map((deed) => ({
                keys: [deed.key],
                shown: deed.key,
                help: deed.label,
                run: () => void doToIncident(deed, incident),
            })),
            { keys: ["d"], shown: "d", help: "deed.dispatch", run: () => void dispatchTo(incident) },
            { keys: ["e"], shown: "e", help: "deed.note", run: () => void addNote(incident) },
            { keys: ["n"], shown: "n", help: "records.for_incident", run: () => void recordFor(incident) },
            { keys: ["Escape"], shown: "Esc", help: "key.back", run: () => go("/incidents") },
        ];
        return () => {
            screenKeys.value = [];
        };
    }, [incident?.id, incident?.version]);
}

export function IncidentScreen({ path }: { path: readonly string[] }) {
    const id = Number(path[1]);
    const live = one("incident", id);
    const story = useLoad<Story>(`${id}.${live?.version ?? 0}`, (signal) => get(`/incidents/${id}`, signal));
    const past = story.value?.changes.filter((change) => change.subject === "incident" && change.id === id).at(-1);
    const incident = live ?? oneOrEnded("incident", id) ?? past;
    useIncidentKeys(live);
    if (!incident)
        return (
            <Page title={incidentName(id)}>
                <Load of={story}>{() => <Empty>{t("incident.unknown")}</Empty>}</Load>
            </Page>
        );
    const steps = allOfIncident("step", id);
    return (
        <Page title={incidentTitle(incident)} aside={<span class="dim">{incidentName(id)}</span>} wide>
            <div class="alarm-top">
                <div class="alarm-head">
                    <PriorityMark priority={priorityOf(incident)} />
                    <strong>{word("priority", priorityOf(incident))}</strong>
                    {incident.exercise && <span class="tag">{t("tag.exercise")}</span>}
                </div>
                {live && <Deeds incident={live} />}
            </div>
            <Approvals />
            <div class="columns">
                <div>
                    <Panel title={t("incident.steps")}>
                        {steps.length ? <Steps steps={steps} /> : <Empty>{t("incident.steps.none")}</Empty>}
                    </Panel>
                    <Panel title={t("incident.alarms")}>
                        <Alarms incident={incident} rows={story.value?.alarms ?? []} />
                    </Panel>
                    <Panel title={t("incident.course")}>
                        <Load of={story}>{(value) => <CourseTable changes={withLatest(value.changes, id)} />}</Load>
                    </Panel>
                </div>
                <div>
                    <Panel title={t("alarm.facts")}>
                        <Facts of={facts(incident)} />
                    </Panel>
                    <Dispositions incident={incident} />
                    <Notes incident={incident} />
                    <People incident={incident} />
                    <Records incident={incident} />
                    <Bundle id={id} />
                </div>
            </div>
        </Page>
    );
}

/* --- the case bundle --- */

const bundle = exporting();

function Bundle({ id }: { id: number }) {
    if (!may("supervisor", "auditor", "administrator")) return null;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    const begin = () =>
        void bundle.begin("case", "zip", new URLSearchParams({ incident: String(id), timezone: zone }).toString());
    return (
        <Panel title={t("case.title")}>
            <p class="dim">{t("case.text")}</p>
            <button type="button" onClick={begin}>
                {t("case.make")}
            </button>
            <ExportProgress of={bundle} />
        </Panel>
    );
}

function Dispositions({ incident }: { incident: Change }) {
    const list = allOfIncident("disposition", incident.id);
    if (list.length === 0) return null;
    return (
        <Panel title={t("col.disposition")}>
            <ul class="rows notes">
                {list.map((one) => (
                    <li key={one.id}>
                        <b class="grow">{textOf(one, "title")}</b> {word("disposition.state", textOf(one, "state"))}
                        <p>{textOf(one, "done")}</p>
                        <p class="dim">
                            {textOf(one, "why")} – {textOf(one, "by")}
                            {textOf(one, "approved_by") &&
                                `, ${t("approval.by", { name: textOf(one, "approved_by") })}`}
                            {one.body.break_glass === true && `, ${t("approval.glass")}`}
                        </p>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}
