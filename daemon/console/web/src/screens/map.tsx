/* The map: the site's own plans, zones coloured by the gravest alarm in them; and a way to draw zones, which gives YAML. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { isQueued, isUnacknowledged, rankOf, shownPriority } from "../core/order";
import {
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
import { alarms, every, queue, revision } from "../core/store";
import { PRIORITIES, textOf, type Alarm, type Priority } from "../core/wire";
import { Empty, Load, Page, Panel, useLoad } from "../parts/frame";
import { Age, AlarmMark, lookOf, PriorityMark, StateText } from "../parts/marks";
import { t, word } from "../text/text";

interface Standing {
    alarm: Alarm;
    n: number;
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
        if (old) old.n++;
        else found.set(home, { alarm, n: 1 });
    }
    return found;
}

function labelOf(zone: string, standing: Standing | undefined): string {
    if (!standing) return zoneTitle(zone);
    return t("map.zone", {
        zone: zoneTitle(zone),
        n: standing.n,
        priority: word("priority", shownPriority(standing.alarm)),
        title: standing.alarm.title,
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
            tabIndex={0}
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

function MapMark({ points, standing, size }: { points: Points; standing: Standing; size: number }) {
    const [x, y] = middle(points);
    return (
        <svg
            class="map-mark"
            x={x - size / 2}
            y={y - size / 2}
            width={size}
            height={size}
            viewBox="0 0 24 24"
            aria-hidden="true">
            <PriorityMark priority={shownPriority(standing.alarm)} look={lookOf(standing.alarm)} />
        </svg>
    );
}

function Picture({ plan, view, zone }: { plan: Plan; view: View; zone: string }) {
    const shapes = placed(plan);
    const found = standings(shapes.map((shape) => shape.zone));
    const size = Math.min(view.width, view.height) / 16;
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
            {shapes.map((shape) => {
                const standing = found.get(shape.zone);
                return standing ? (
                    <MapMark key={shape.zone} points={shape.points} standing={standing} size={size} />
                ) : null;
            })}
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
    const here = (alarm: Alarm) => (zone ? within(alarm.zone, zone) : !zoneOf(alarm.zone));
    const list = [...alarms.values()].filter((alarm) => isQueued(alarm) && here(alarm));
    list.sort((a, b) => rankOf(shownPriority(a)) - rankOf(shownPriority(b)));
    return (
        <Panel title={zoneTitle(zone) || t("map.choose")}>
            {known?.key_area && <p class="tag">{t("map.key_area")}</p>}
            {zone && list.length === 0 && <Empty>{t("map.calm")}</Empty>}
            {!zone && <p class="dim">{t("map.choose.how")}</p>}
            {!zone && list.length > 0 && <h3>{t("map.nowhere")}</h3>}
            <ul class="rows">
                {list.map((alarm) => (
                    <li key={alarm.id}>
                        <AlarmMark alarm={alarm} />
                        <a class="grow" href={`/alarm/${alarm.id}`}>
                            {alarm.title}
                        </a>
                        <StateText state={alarm.state} />
                        <Age at={alarm.raised_at} />
                    </li>
                ))}
            </ul>
            {zone && <a href={`/history?what=alarms&zone=${encodeURIComponent(zone)}`}>{t("map.history")}</a>}
        </Panel>
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

export function MapScreen() {
    const plans = site.value.plans ?? [];
    const zone = place.value.query.get("zone") ?? "";
    const wanted = place.value.query.get("plan") ?? planOf(zone, zonePath(zone));
    const first = useMemo(() => gravestPlan(plans), [plans]);
    const plan = plans.find((one) => one.plan === wanted) ?? first;
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
            <ZoneSide zone={zone} />
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

/** Corners can be typed as well as clicked. */
function CornersField() {
    return (
        <div class="field">
            <label for="draw-corners">{t("map.draw.corners")}</label>
            <input
                id="draw-corners"
                value={corners.value.map(([x, y]) => `${Math.round(x)},${Math.round(y)}`).join(" ")}
                onChange={(event) => (corners.value = parsePoints(event.currentTarget.value))}
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
