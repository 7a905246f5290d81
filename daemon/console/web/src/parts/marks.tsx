/* Priority and state to the eye: shape, colour and text together, so that none of them alone must be relied upon. */
import { isHidden, isUnacknowledged, shownPriority } from "../core/order";
import { asText, type Alarm, type Priority } from "../core/wire";
import { t, word } from "../text/text";
import { serverNow, since, span, when } from "../text/time";

const SHAPES: Record<Priority, { path: string; digit: string; y: number }> = {
    critical: { path: "M6.5 1h11L23 6.5v11L17.5 23h-11L1 17.5v-11z", digit: "1", y: 17 },
    high: { path: "M12 1 23.5 22.5H.5z", digit: "2", y: 20 },
    medium: { path: "M12 .5 23.5 12 12 23.5.5 12z", digit: "3", y: 17 },
    low: { path: "M12 1a11 11 0 1 1 0 22 11 11 0 0 1 0-22z", digit: "4", y: 17 },
};

export function lookOf(alarm: Alarm): "pulse" | "rest" | "hollow" | "off" {
    if (isHidden(alarm)) return "off";
    if (alarm.state === "RTNUN") return "hollow";
    return isUnacknowledged(alarm) ? "pulse" : "rest";
}

const BEAT = 500;

/**
 * Marks that wait pulse all at once, by an attribute of the page: an animation of style would keep the browser at it 60 times a
 * second for what changes twice.
 */
export function startPulse(): void {
    setInterval(() => document.documentElement.toggleAttribute("data-lit"), BEAT);
}

export function PriorityMark(props: { priority: Priority; look?: string }) {
    const shape = SHAPES[props.priority];
    return (
        <svg class={`mark ${props.priority} ${props.look ?? "rest"}`} viewBox="0 0 24 24" aria-hidden="true">
            <path d={shape.path} />
            <text x="12" y={shape.y}>
                {shape.digit}
            </text>
        </svg>
    );
}

export function AlarmMark({ alarm }: { alarm: Alarm }) {
    return <PriorityMark priority={shownPriority(alarm)} look={lookOf(alarm)} />;
}

/** What is said of an alarm in one word, and when; what each means stands in the page's help. */
export const TAGS: readonly (readonly [name: string, holds: (alarm: Alarm) => boolean])[] = [
    ["covert", (alarm) => alarm.covert],
    ["exercise", (alarm) => alarm.exercise],
    ["stale", (alarm) => alarm.stale],
    ["first_out", (alarm) => alarm.first_out],
    ["silenced", (alarm) => alarm.silenced],
    ["partial", (alarm) => alarm.partial],
];

export function Tag({ name }: { name: string }) {
    return (
        <span class={`tag ${name === "covert" ? name : ""}`} title={word("tag.of", name)}>
            {word("tag", name)}
        </span>
    );
}

export function Tags({ alarm }: { alarm: Alarm }) {
    return (
        <>
            {TAGS.filter(([, holds]) => holds(alarm)).map(([name]) => (
                <Tag key={name} name={name} />
            ))}
            {alarm.raised_count > 1 && <span class="tag">{t("tag.times", { n: alarm.raised_count })}</span>}
        </>
    );
}

export function Time({ at }: { at: unknown }) {
    const text = when(at);
    return text ? <time dateTime={String(at)}>{text}</time> : <span class="dim">–</span>;
}

export function Age({ at }: { at: unknown }) {
    return (
        <time dateTime={String(at ?? "")} title={when(at)}>
            {since(at)}
        </time>
    );
}

/** How long until then; what is over says so. */
export function Left({ at }: { at: unknown }) {
    const ms = typeof at === "string" ? Date.parse(at) - serverNow() : NaN;
    if (Number.isNaN(ms)) return null;
    return ms < 0 ? (
        <strong class="late">{t("time.over", { span: span(-ms) })}</strong>
    ) : (
        <span>{t("time.left", { span: span(ms) })}</span>
    );
}

/** Who did something: a person's name, or that part of the system which acted by itself. */
export function actorText(actor: unknown): string {
    const name = asText(actor);
    const [kind, rest] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
    if (kind === "rule") return t("actor.rule", { name: rest });
    if (kind === "unix") return t("actor.unix", { name: rest });
    return word("actor", name);
}

export function StateText({ state }: { state: string }) {
    return <span class="state">{word("state", state)}</span>;
}
