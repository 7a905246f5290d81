/* The map: the site's own plans, zones coloured by the gravest alarm in them; and a way to draw zones, which gives YAML. */
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { screenKeys } from "../core/keys";
import { isUnacknowledged, rankOf, shownPriority } from "../core/order";
import {
    corner,
    formatPoints,
    middle,
    parsePoints,
    placed,
    planOf,
    placementYaml,
    planUrl,
    viewOf,
    type Points,
    type View,
} from "../core/plans";
import { place, query } from "../core/router";
import { may } from "../core/session";
import { site, within, zoneOf, zonePath, zoneTitle, type Plan } from "../core/site";
import { every, filled, queue, revision } from "../core/store";
import { live } from "../core/stream";
import { PRIORITIES, textOf, type Alarm, type Priority } from "../core/wire";
import { emptyText } from "../parts/banners";
import { Empty, Load, Page, Panel, useLoad } from "../parts/frame";
import { Age, AlarmMark, lookOf, PriorityMark, StateText } from "../parts/marks";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";

interface Standing {
    alarm: Alarm;
    n: number;
}

/** The gravest first; of two alike the one that goes on before the one that is over. */
function gravity(alarm: Alarm): number {
    const looks = ["pulse", "hollow", "rest", "off"];
    return rankOf(shownPriority(alarm)) * looks.length + looks.indexOf(lookOf(alarm));
}

/** The gravest alarm of each zone that stands on the plan, alarms of zones inside it included. */
function standings(names: readonly string[]): Map<string, Standing> {
    void revision.value;
    const known = new Set(names);
    const found = new Map<string, Standing>();
    for (const alarm of queue.rows) {
        const home = [alarm.zone, ...zonePath(alarm.zone).map((zone) => zone.zone)].find((zone) => known.has(zone));
        if (!home) continue;
        const old = found.get(home);
        if (!old) found.set(home, { alarm, n: 1 });
        else {
            old.n++;
            if (gravity(alarm) < gravity(old.alarm)) old.alarm = alarm;
        }
    }
    return found;
}

function labelOf(zone: string, standing: Standing | undefined): string {
    if (!standing) return zoneTitle(zone);
    return t("map.zone", {
        zone: zoneTitle(zone),
        n: standing.n,
        priority: word("priority", shownPriority(standing.alarm)),
        title: alarmTitle(standing.alarm),
    });
}

function Shape(props: { zone: string; points: Points; standing: Standing | undefined; chosen: boolean }) {
    const { zone, standing } = props;
    const look = standing ? `${shownPriority(standing.alarm)} ${lookOf(standing.alarm)}` : "calm";
    const open = () => query({ zone });
    return (
        <polygon
            class={`zone ${look}${props.chosen ? " chosen" : ""}`}
            points={props.points.map((point) => point.join(",")).join(" ")}
            role="button"
            tabindex={0}
            aria-label={labelOf(zone, standing)}
            aria-pressed={props.chosen}
            onClick={open}
            onKeyDown={(event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                open();
            }}>
            <title>{labelOf(zone, standing)}</title>
        </polygon>
    );
}

interface Mark {
    zone: string;
    standing: Standing;
    at: readonly [number, number];
}

/** From the left edge of a mark to that of one beside it: the mark, and how many it stands for. */
const MARK_SPACE = 2.4;

/**
 * Where the marks stand: each in a corner of its zone, the gravest first, and beside one that stands there already: a room
 * and its ward may share a corner. The gravest is drawn last, so that nothing ever covers it.
 */
function marksOf(shapes: ReturnType<typeof placed>, found: ReadonlyMap<string, Standing>, size: number): Mark[] {
    const marks: Mark[] = [];
    const taken = (x: number, y: number) =>
        marks.some(({ at }) => Math.abs(at[0] - x) < size * MARK_SPACE && Math.abs(at[1] - y) < size);
    const marked = shapes.filter((shape) => found.has(shape.zone));
    marked.sort((a, b) => gravity(found.get(a.zone)!.alarm) - gravity(found.get(b.zone)!.alarm));
    for (const { zone, points } of marked) {
        const [left, y] = corner(points);
        let x = left;
        while (taken(x, y)) x += size * MARK_SPACE;
        marks.push({ zone, standing: found.get(zone)!, at: [x, y] });
    }
    return marks.reverse();
}

function MapMark({ standing, at: [x, y], size }: { standing: Standing; at: Mark["at"]; size: number }) {
    const gap = size / 6;
    return (
        <g class="map-mark" aria-hidden="true">
            <svg x={x + gap} y={y + gap} width={size} height={size} viewBox="0 0 24 24">
                <PriorityMark priority={shownPriority(standing.alarm)} look={lookOf(standing.alarm)} />
            </svg>
            {standing.n > 1 && (
                <text x={x + size + gap * 2} y={y + gap + size * 0.72} font-size={size * 0.6}>
                    ×{standing.n}
                </text>
            )}
        </g>
    );
}

function Picture({ plan, view, zone }: { plan: Plan; view: View; zone: string }) {
    const shapes = placed(plan);
    const found = standings(shapes.map((shape) => shape.zone));
    const size = Math.min(view.width, view.height) / 20;
    return (
        <svg
            class="plan"
            viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
            role="group"
            aria-label={plan.title || plan.plan}>
            <image
                class="plan-image"
                href={planUrl(plan.plan)}
                x={view.x}
                y={view.y}
                width={view.width}
                height={view.height}
            />
            {shapes.map((shape) => (
                <Shape key={shape.zone} {...shape} standing={found.get(shape.zone)} chosen={shape.zone === zone} />
            ))}
            {marksOf(shapes, found, size).map((mark) => (
                <MapMark key={mark.zone} {...mark} size={size} />
            ))}
            <Guards shapes={shapes} size={size} />
        </svg>
    );
}

/** Guards stand where they were last said to be. */
function Guards({ shapes, size }: { shapes: ReturnType<typeof placed>; size: number }) {
    return (
        <>
            {every("guard").map((guard) => {
                const shape = shapes.find((one) => one.zone === textOf(guard, "zone"));
                if (!shape) return null;
                const [x, y] = middle(shape.points);
                return (
                    <g key={guard.id} class="map-guard" transform={`translate(${x} ${y + size})`}>
                        <circle r={size / 4} />
                        <text x={size / 2.5} y={size / 6} font-size={size / 2.2}>
                            {textOf(guard, "name")}
                        </text>
                    </g>
                );
            })}
        </>
    );
}

function ZoneSide({ zone }: { zone: string }) {
    void revision.value;
    const known = zoneOf(zone);
    const list = queue.rows.filter((alarm) => within(alarm.zone, zone));
    return (
        <Panel title={zoneTitle(zone)}>
            {known?.key_area && <p class="tag">{t("map.key_area")}</p>}
            {list.length === 0 && <Empty>{known ? t("map.calm") : emptyText()}</Empty>}
            <AlarmList alarms={list} />
            <p class="side-foot">
                <a href={`/history?what=alarms&zone=${encodeURIComponent(zone)}`}>{t("map.history")}</a>
                <button type="button" class="small" onClick={() => query({ zone: "" })}>
                    {t("map.all")} <kbd>Esc</kbd>
                </button>
            </p>
        </Panel>
    );
}

function AlarmList({ alarms: list }: { alarms: readonly Alarm[] }) {
    return (
        <ul class="rows">
            {list.map((alarm) => (
                <li key={alarm.id}>
                    <AlarmMark alarm={alarm} />
                    <a class="grow" href={`/alarm/${alarm.id}`}>
                        {alarmTitle(alarm)}
                    </a>
                    <span class="row-foot">
                        {zoneTitle(alarm.zone) || alarm.device} · <StateText state={alarm.state} /> ·{" "}
                        <Age at={alarm.raised_at} />
                    </span>
                </li>
            ))}
        </ul>
    );
}

/** Nothing is chosen: what is on this plan, and what is on none, so that nobody has to look for it. */
function PlanSide({ plan }: { plan: Plan }) {
    void revision.value;
    const known = new Set(Object.keys(plan.zones ?? {}));
    const here = queue.rows.filter((alarm) => zonePath(alarm.zone).some((zone) => known.has(zone.zone)));
    const nowhere = queue.rows.filter((alarm) => planOf(alarm.zone, zonePath(alarm.zone)) === undefined);
    return (
        <Panel title={t("map.on_plan", { n: here.length })}>
            {here.length === 0 ? (
                <Empty>{live.value ? t("map.calm") : emptyText()}</Empty>
            ) : (
                <AlarmList alarms={here} />
            )}
            {nowhere.length > 0 && <h3>{t("map.nowhere")}</h3>}
            <AlarmList alarms={nowhere} />
            <p class="hint">{t("map.choose.how")}</p>
        </Panel>
    );
}

/** What the marks mean, where they are looked at. */
function Legend() {
    return (
        <ul class="legend">
            {PRIORITIES.map((priority) => (
                <li key={priority}>
                    <PriorityMark priority={priority} /> {word("priority", priority)}
                </li>
            ))}
            <li>
                <PriorityMark priority="high" look="hollow" /> {t("look.hollow")}
            </li>
        </ul>
    );
}

/** Every plan with the gravest of what is on it, so that nothing happens behind a tab. */
function Tabs({ plans, shown }: { plans: readonly Plan[]; shown: string }) {
    return (
        <div class="tabs" role="group" aria-label={t("map.plans")}>
            {plans.map((plan) => {
                const list = [...standings(Object.keys(plan.zones ?? {})).values()].map((standing) => standing.alarm);
                const worst = PRIORITIES.find((priority) => list.some((alarm) => shownPriority(alarm) === priority));
                const waits = list.some((alarm) => shownPriority(alarm) === worst && isUnacknowledged(alarm));
                return (
                    <button
                        key={plan.plan}
                        type="button"
                        aria-pressed={plan.plan === shown}
                        class={plan.plan === shown ? "main" : ""}
                        onClick={() => query({ plan: plan.plan, zone: "" })}>
                        {plan.title || plan.plan}
                        {worst && (
                            <>
                                {" "}
                                <PriorityMark priority={worst} look={waits ? "pulse" : "rest"} />
                                <span class="unseen">{word("priority", worst)}</span>
                            </>
                        )}
                    </button>
                );
            })}
        </div>
    );
}

/** Where the map opens if nobody says where: at the gravest alarm. */
function gravestPlan(plans: readonly Plan[]): Plan | undefined {
    const rank = (plan: Plan) => {
        const list = [...standings(Object.keys(plan.zones ?? {})).values()];
        return Math.min(9, ...list.map((standing) => rankOf(shownPriority(standing.alarm))));
    };
    return [...plans].sort((a, b) => rank(a) - rank(b))[0];
}

/** One plan on or back; the way back from a zone to the plan. */
function useMapKeys(plans: readonly Plan[], shown: string | undefined): void {
    useLayoutEffect(() => {
        const step = (by: number) => {
            const at = plans.findIndex((plan) => plan.plan === shown);
            const next = plans[(at + by + plans.length) % plans.length];
            if (next) query({ plan: next.plan, zone: "" });
        };
        screenKeys.value = [
            { keys: ["n", "]"], shown: "n", help: "key.next_plan", run: () => step(1) },
            { keys: ["p", "["], shown: "p", help: "key.last_plan", run: () => step(-1) },
            { keys: ["Escape"], shown: "Esc", help: "map.all", run: () => query({ zone: "" }) },
        ];
        return () => {
            screenKeys.value = [];
        };
    }, [plans, shown]);
}

export function MapScreen() {
    const plans = site.value.plans ?? [];
    const zone = place.value.query.get("zone") ?? "";
    const wanted = place.value.query.get("plan") ?? planOf(zone, zonePath(zone));
    const first = useMemo(() => gravestPlan(plans), [plans, filled.value]);
    const plan = plans.find((one) => one.plan === wanted) ?? first;
    useMapKeys(plans, plan?.plan);
    const drawing = place.value.query.get("draw") === "yes" && may("integrator", "administrator");
    if (!plan)
        return (
            <Page title={t("nav.map")}>
                <Empty>{t("map.none")}</Empty>
                <ZoneList />
            </Page>
        );
    return (
        <Page
            title={t("nav.map")}
            wide
            fill={!drawing}
            aside={
                may("integrator", "administrator") && (
                    <button type="button" aria-pressed={drawing} onClick={() => query({ draw: drawing ? "" : "yes" })}>
                        {t("map.draw")}
                    </button>
                )
            }>
            <Tabs plans={plans} shown={plan.plan} />
            {drawing ? <Drawing key={plan.plan} plan={plan} /> : <Shown key={plan.plan} plan={plan} zone={zone} />}
        </Page>
    );
}

function Shown({ plan, zone }: { plan: Plan; zone: string }) {
    const view = useLoad<View>(plan.plan, (signal) => viewOf(plan.plan, signal));
    return (
        <div class="map">
            <Load of={view}>{(value) => <Picture plan={plan} view={value} zone={zone} />}</Load>
            <div class="map-side">
                {zone ? <ZoneSide zone={zone} /> : <PlanSide plan={plan} />}
                <Legend />
            </div>
        </div>
    );
}

/** A site without plans has its zones all the same. */
function ZoneList() {
    const found = standings(site.value.zones.map((zone) => zone.zone));
    return (
        <ul class="rows">
            {site.value.zones.map((zone) => {
                const standing = found.get(zone.zone);
                return (
                    <li key={zone.zone}>
                        {standing ? (
                            <AlarmMark alarm={standing.alarm} />
                        ) : (
                            <PriorityMark priority={"low" satisfies Priority} look="off" />
                        )}
                        <a href={`/history?what=alarms&zone=${encodeURIComponent(zone.zone)}`}>
                            {zone.title || zone.zone}
                        </a>
                    </li>
                );
            })}
        </ul>
    );
}

/* --- drawing --- */

const drawn = signal<ReadonlyMap<string, Points>>(new Map());
const drawnZone = signal("");
const corners = signal<Points>([]);
const typed = signal("");

function finish(): void {
    if (drawnZone.value && corners.value.length > 2) {
        const next = new Map(drawn.value);
        next.set(drawnZone.value, corners.value);
        drawn.value = next;
    }
    corners.value = [];
}

function Drawing({ plan }: { plan: Plan }) {
    const view = useLoad<View>(plan.plan, (signal) => viewOf(plan.plan, signal));
    useEffect(() => {
        drawn.value = new Map(Object.entries(plan.zones ?? {}).map(([zone, text]) => [zone, parsePoints(text)]));
        drawnZone.value = site.value.zones[0]?.zone ?? "";
        corners.value = [];
    }, [plan.plan]);
    return (
        <div class="map">
            <Load of={view}>{(value) => <Canvas plan={plan} view={value} />}</Load>
            <Panel title={t("map.draw")}>
                <p>{t("map.draw.how")}</p>
                <div class="field">
                    <label for="draw-zone">{t("alarm.zone")}</label>
                    <select
                        id="draw-zone"
                        value={drawnZone.value}
                        onChange={(event) => (drawnZone.value = event.currentTarget.value)}>
                        {site.value.zones.map((zone) => (
                            <option key={zone.zone} value={zone.zone}>
                                {drawn.value.has(zone.zone) ? "■ " : "□ "}
                                {zone.title || zone.zone}
                            </option>
                        ))}
                    </select>
                </div>
                <CornersField />
                <div class="deeds">
                    <button type="button" class="main" disabled={corners.value.length < 3} onClick={finish}>
                        {t("map.draw.take")}
                    </button>
                    <button type="button" disabled={!drawn.value.has(drawnZone.value)} onClick={forgetZone}>
                        {t("map.draw.remove")}
                    </button>
                </div>
                <Yaml text={placementYaml(plan, drawn.value)} />
            </Panel>
        </div>
    );
}

function forgetZone(): void {
    const next = new Map(drawn.value);
    next.delete(drawnZone.value);
    drawn.value = next;
}

/** Corners can be typed as well as clicked; what is typed stands as it was typed while it means the same. */
function CornersField() {
    const shown = formatPoints(parsePoints(typed.value)) === formatPoints(corners.value) ? typed.value : "";
    return (
        <div class="field">
            <label for="draw-corners">{t("map.draw.corners")}</label>
            <input
                id="draw-corners"
                value={shown || formatPoints(corners.value)}
                onInput={(event) => {
                    typed.value = event.currentTarget.value;
                    corners.value = parsePoints(typed.value);
                }}
            />
        </div>
    );
}

function Yaml({ text }: { text: string }) {
    return (
        <>
            <h3>{t("map.draw.yaml")}</h3>
            <pre class="code" tabIndex={0}>
                {text}
            </pre>
            <button type="button" onClick={() => void navigator.clipboard?.writeText(text)}>
                {t("copy")}
            </button>
        </>
    );
}

const GRID = 10;

function Canvas({ plan, view }: { plan: Plan; view: View }) {
    const frame = useRef<SVGSVGElement>(null);
    const click = (event: MouseEvent) => {
        const matrix = frame.current?.getScreenCTM()?.inverse();
        if (!matrix) return;
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
        corners.value = [...corners.value, [Math.round(at.x / GRID) * GRID, Math.round(at.y / GRID) * GRID]];
    };
    return (
        <svg
            ref={frame}
            class="plan drawing"
            viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
            role="img"
            aria-label={plan.title || plan.plan}
            onClick={click}>
            <image
                class="plan-image"
                href={planUrl(plan.plan)}
                x={view.x}
                y={view.y}
                width={view.width}
                height={view.height}
            />
            {[...drawn.value].map(([zone, points]) => (
                <polygon
                    key={zone}
                    class={`zone drawn${zone === drawnZone.value ? " chosen" : ""}`}
                    points={points.map((point) => point.join(",")).join(" ")}
                />
            ))}
            <polyline class="pen" points={corners.value.map((point) => point.join(",")).join(" ")} />
            {corners.value.map(([x, y], n) => (
                <circle key={n} class="pen" cx={x} cy={y} r={view.width / 200} />
            ))}
        </svg>
    );
}
