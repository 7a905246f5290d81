/* Why: one alarm, what caused it, what is to be done, and what became of others like it. */
import { useLayoutEffect } from "preact/hooks";
import { get } from "../core/api";
import { screenKeys } from "../core/keys";
import { go } from "../core/router";
import { assetOf, neighbours, zoneTitle } from "../core/site";
import { alarmOf, alarms, incidentOf, ofIncident, queue, recent, revision } from "../core/store";
import { asText, type Alarm, type Body, type Change } from "../core/wire";
import { DEEDS, dispatchFor, doTo } from "../parts/deeds";
import { Empty, Facts, Load, Page, Panel, Table, useLoad } from "../parts/frame";
import { actorText, AlarmMark, StateText, Time } from "../parts/marks";
import { Steps } from "../parts/steps";
import { may } from "../core/session";
import { t, word } from "../text/text";
import { alarmTitle, titleText } from "../text/titles";
import { span, when } from "../text/time";
import { RuleWords } from "./alarm_rule";
import { AlarmHead, alarmFacts, DeedButtons, incidentName } from "./alarm_summary";

interface Event extends Body {
    role?: string;
    time?: string;
    device?: string;
    kind?: string;
    event?: Body | null;
}

interface Story {
    now: Alarm | null;
    partial: boolean;
    story: Body[];
    earlier?: Body[];
    incidents?: number[];
    told?: Body[];
}

function evidenceOf(story: Story): Event[] {
    const all = story.story.flatMap((row) => (Array.isArray(row.evidence) ? (row.evidence as Event[]) : []));
    const known = new Map(
        all.map((event) => [`${asText(event.role)} ${asText(event.seq)}.${asText(event.index)}`, event]),
    );
    return [...known.values()].sort((a, b) => (asText(a.time) < asText(b.time) ? -1 : 1));
}

/** How far along the line an event stands, per cent. */
function shareOf(event: Event, from: number, length: number): number {
    return length ? ((Date.parse(asText(event.time)) - from) / length) * 100 : 50;
}

function roleOf(event: Event): string {
    return asText(event.role) || t("alarm.event");
}

function isOver(event: Event): boolean {
    return asText(event.event?.state) === "normal";
}

/** The events that raised it: a line for each part that the rule gives them, from the first event to the last. */
function TimeLine({ events }: { events: readonly Event[] }) {
    if (events.length === 0) return <Empty>{t("alarm.evidence.none")}</Empty>;
    const times = events.map((event) => Date.parse(asText(event.time)));
    const from = Math.min(...times);
    const length = Math.max(...times) - from;
    const roles = [...new Set(events.map(roleOf))];
    return (
        <>
            <div class="time-line" aria-hidden="true">
                {roles.map((role) => (
                    <div key={role} class="lane">
                        <span class="lane-name">{role}</span>
                        <span class="lane-line">
                            {events
                                .filter((event) => roleOf(event) === role)
                                .map((event, n) => (
                                    <span
                                        key={n}
                                        class={isOver(event) ? "lane-mark over" : "lane-mark"}
                                        style={{ left: `${shareOf(event, from, length)}%` }}
                                        title={`${when(event.time)} ${asText(event.kind)}, ${assetTitle(event)}`}
                                    />
                                ))}
                        </span>
                    </div>
                ))}
                <div class="lane lane-ends">
                    <span class="lane-name" />
                    <span class="lane-line">
                        <span>{when(events[0]!.time)}</span>
                        {length > 0 && <span>+{span(length)}</span>}
                        {length > 0 && <span>{when(events.at(-1)!.time)}</span>}
                    </span>
                </div>
            </div>
            <ol class="events">
                {events.map((event, n) => (
                    <li key={n}>
                        <Time at={event.time} />
                        <b>{roleOf(event)}</b>
                        <span>{asText(event.kind)}</span>
                        <span>
                            <a href={`/history?what=events&device=${encodeURIComponent(asText(event.device))}`}>
                                {assetTitle(event)}
                            </a>
                            <EventValue event={event.event} />
                        </span>
                    </li>
                ))}
            </ol>
        </>
    );
}

function assetTitle(event: Event): string {
    const asset = assetOf(asText(event.event?.asset));
    return asset?.title || asText(event.device);
}

function EventValue({ event }: { event: Body | null | undefined }) {
    if (event === null) return <span class="dim"> {t("alarm.event.gone")}</span>;
    if (!event) return null;
    const snapshot = asText((event.attributes as Body | null)?.snapshot);
    const value = asText(event.value_number ?? event.value_text);
    return (
        <span>
            {value && ` = ${value} ${asText(event.unit)}`}
            {/^https:\/\//.test(snapshot) && (
                <a href={snapshot} target="_blank" rel="noopener noreferrer">
                    {" "}
                    {t("alarm.snapshot")}
                </a>
            )}
        </span>
    );
}

function cameraOf(alarm: Alarm): string {
    const link = asText(assetOf(alarm.asset)?.fields?.camera);
    return /^https?:\/\//.test(link) ? link : "";
}

function Around({ alarm }: { alarm: Alarm }) {
    void revision.value;
    const near = neighbours(alarm.zone);
    const others = [...alarms.values()].filter((one) => one.zone === alarm.zone && one.id !== alarm.id);
    const camera = cameraOf(alarm);
    return (
        <Panel title={t("alarm.around")}>
            <Facts
                of={[
                    [
                        t("alarm.camera"),
                        camera && (
                            <a href={camera} target="_blank" rel="noopener noreferrer">
                                {t("alarm.camera.open")}
                            </a>
                        ),
                    ],
                    [
                        t("alarm.neighbours"),
                        near.length > 0 &&
                            near.map((zone) => (
                                <a key={zone.zone} class="chip" href={`/map?zone=${encodeURIComponent(zone.zone)}`}>
                                    {zone.title}
                                </a>
                            )),
                    ],
                    [
                        t("alarm.others"),
                        others.length > 0 && (
                            <ul class="plain-list">
                                {others.slice(0, 8).map((one) => (
                                    <li key={one.id}>
                                        <AlarmMark alarm={one} /> <a href={`/alarm/${one.id}`}>{alarmTitle(one)}</a>
                                    </li>
                                ))}
                            </ul>
                        ),
                    ],
                    [t("alarm.legal"), alarm.legal_basis],
                ]}
            />
        </Panel>
    );
}

function Course({ story, alarm }: { story: Story | null; alarm: Alarm | undefined }) {
    const rows: Body[] = story?.story.length
        ? story.story
        : recent
              .filter((past) => past.transition.alarm.id === alarm?.id)
              .map((past) => ({ ...past.transition, state: past.transition.alarm.state }));
    return (
        <Table
            label={t("alarm.course")}
            empty={t("alarm.course.none")}
            rows={rows}
            keyOf={(row) => asText(row.version ?? row.time)}
            columns={[
                { name: t("col.time"), cell: (row) => <Time at={row.time ?? row.journal_time ?? row.changed_at} /> },
                { name: t("col.cause"), cell: (row) => word("cause", asText(row.cause)) },
                { name: t("col.state"), cell: (row) => <StateText state={asText(row.state ?? row.new_state)} /> },
                { name: t("col.person"), cell: (row) => actorText(row.actor) },
                {
                    name: t("col.reason"),
                    cell: (row) => [asText(row.reason), secondPerson(row)].filter(Boolean).join(" – "),
                },
            ]}
        />
    );
}

/** Of what takes one in a key area: who it was, or that there was none. The words are the engine's (alarms.c). */
function secondPerson(row: Body): string {
    const context = asText(row.cause) === "OUT_OF_SERVICE" ? asText(row.context) : "";
    const named = /^second person: (.*)$/.exec(context);
    if (named) return `${t("ask.second_person")}: ${named[1]}`;
    return context ? t("approval.glass") : "";
}

function Earlier({ rows }: { rows: readonly Body[] }) {
    return (
        <Table
            label={t("alarm.earlier")}
            empty={t("alarm.earlier.none")}
            rows={rows}
            keyOf={(row) => asText(row.alarm ?? row.id)}
            columns={[
                {
                    name: t("col.time"),
                    cell: (row) => <a href={`/alarm/${asText(row.alarm ?? row.id)}`}>{when(asText(row.raised_at))}</a>,
                },
                { name: t("col.where"), cell: (row) => zoneTitle(asText(row.zone)) },
                { name: t("col.disposition"), cell: (row) => asText(row.disposition) || "–" },
            ]}
        />
    );
}

function Told({ rows, incident }: { rows: readonly Body[]; incident: Change | undefined }) {
    const open = incident ? ofIncident("notification", incident.id).map((change) => change.body) : [];
    const all = rows.length ? rows : open;
    return (
        <Table
            label={t("alarm.told")}
            empty={t("alarm.told.none")}
            rows={all}
            keyOf={(row) => asText(row.key ?? row.id)}
            columns={[
                { name: t("col.recipient"), cell: (row) => asText(row.recipient) },
                { name: t("col.channel"), cell: (row) => asText(row.channel) },
                { name: t("col.due"), cell: (row) => <Time at={row.due_at} /> },
                { name: t("col.sent"), cell: (row) => <Time at={row.sent_at} /> },
                { name: t("col.state"), cell: (row) => word("told", asText(row.state)) },
                { name: t("col.answer"), cell: (row) => asText(row.answer) },
            ]}
        />
    );
}

function titleOf(alarm: Alarm | undefined, story: Story | null | undefined): string {
    return alarm?.title || asText(story?.story[0]?.title);
}

function Why({ story, alarm }: { story: Story; alarm: Alarm | undefined }) {
    const last = story.story.at(-1);
    const by = {
        rule: alarm?.rule ?? asText(last?.rule),
        title: titleOf(alarm, story),
        hash: alarm?.rule_hash,
        at: alarm?.raised_at ?? asText(last?.raised_at),
    };
    return (
        <>
            {story.partial && <p class="banner plain">{t("alarm.partial")}</p>}
            <TimeLine events={evidenceOf(story)} />
            {by.rule && <RuleWords by={by} />}
        </>
    );
}

function useAlarmKeys(alarm: Alarm | undefined): void {
    useLayoutEffect(() => {
        if (!alarm) return undefined;
        screenKeys.value = [
            ...DEEDS.map((deed) => ({
                keys: [deed.key],
                shown: deed.key,
                help: deed.label,
                run: () => void doTo(deed, [alarm]),
            })),
            {
                keys: ["d"],
                shown: "d",
                help: "deed.dispatch",
                run: () => void (may("operator", "supervisor") && dispatchFor(alarm)),
            },
            { keys: ["n"], shown: "n", help: "key.next", run: () => goNext(alarm) },
            { keys: ["Escape"], shown: "Esc", help: "key.back", run: () => go("/") },
        ];
        return () => {
            screenKeys.value = [];
        };
    }, [alarm?.id, alarm?.version]);
}

function goNext(alarm: Alarm): void {
    const list = queue.rows;
    const next = list[(list.findIndex((one) => one.id === alarm.id) + 1) % list.length];
    if (next) go(`/alarm/${next.id}`);
}

export function AlarmScreen({ path }: { path: readonly string[] }) {
    const id = Number(path[1]);
    const current = alarmOf(id);
    const story = useLoad<Story>(`${id}.${current?.version ?? 0}`, (signal) => get(`/alarms/${id}`, signal));
    const alarm = current ?? story.value?.now ?? undefined;
    const incident = alarm ? incidentOf(alarm.id) : undefined;
    const steps = incident ? ofIncident("step", incident.id) : [];
    useAlarmKeys(current);
    const title = titleText(titleOf(alarm, story.value)) || t("alarm.number", { n: id });
    return (
        <Page title={title} aside={<span class="dim">{t("alarm.number", { n: id })}</span>} wide>
            {alarm ? (
                <div class="alarm-top">
                    <AlarmHead alarm={alarm} />
                    <DeedButtons alarm={alarm} all />
                </div>
            ) : (
                <p class="banner plain">{t("alarm.over")}</p>
            )}
            <div class="columns">
                <div>
                    <Panel title={t("alarm.why")}>
                        <Load of={story}>{(value) => <Why story={value} alarm={alarm} />}</Load>
                    </Panel>
                    <Panel title={t("alarm.course")}>
                        <Course story={story.value} alarm={alarm} />
                    </Panel>
                    <Panel title={t("alarm.earlier")}>
                        <Earlier rows={story.value?.earlier ?? []} />
                    </Panel>
                </div>
                <div>
                    {alarm && (
                        <Panel title={t("alarm.facts")}>
                            <Facts of={alarmFacts(alarm)} />
                        </Panel>
                    )}
                    <Panel
                        title={t("incident.steps")}
                        aside={incident && <a href={`/incident/${incident.id}`}>{incidentName(incident.id)}</a>}>
                        {steps.length ? (
                            <Steps steps={steps} />
                        ) : (
                            <Empty>{incident ? t("incident.steps.none") : t("alarm.no_incident")}</Empty>
                        )}
                    </Panel>
                    {alarm && <Around alarm={alarm} />}
                    <Panel title={t("alarm.told")}>
                        <Told rows={story.value?.told ?? []} incident={incident} />
                    </Panel>
                </div>
            </div>
        </Page>
    );
}
