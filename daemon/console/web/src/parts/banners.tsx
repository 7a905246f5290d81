/* What the page says of itself, across the top: not live, a flood, no sound, acts that wait or were refused. */
import { useEffect, useState } from "preact/hooks";
import { acts, dismiss, dismissRefused, done, type Act } from "../core/act";
import { flood, gathers, rate } from "../core/flood";
import { filled, fresh, revision } from "../core/store";
import { age, beat, engineAway, heard, live } from "../core/stream";
import { shownPriority } from "../core/order";
import { numberOf } from "../core/wire";
import { zoneTitle } from "../core/site";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";
import { since, span } from "../text/time";

function NotLive() {
    if (live.value || (!heard.value && !filled.value)) return null;
    return (
        <div class="banner not-live" role="alert">
            <strong>{t("live.not")}</strong>{" "}
            <span aria-hidden="true">{heard.value ? t("live.age", { span: span(age.value) }) : t("live.never")}</span>{" "}
            {engineAway.value ? t("live.engine") : t("live.server")} {t("live.held")}
        </div>
    );
}

export function Blind() {
    if (!live.value || beat.value.intake !== false) return null;
    return (
        <div class="banner blind" role="alert">
            <strong>{t("live.blind")}</strong> {t("live.blind.what")}
        </div>
    );
}

function DatabaseAway() {
    if (!live.value || beat.value.database !== false) return null;
    return (
        <div class="banner plain" role="status">
            {t("live.database")}
        </div>
    );
}

/** A drill goes on: whoever looks at an alarm has to know. */
function Exercise() {
    const on = (beat.value.modes ?? []).filter((mode) => mode.on && mode.exercise);
    if (on.length === 0) return null;
    return (
        <div class="banner plain" role="status">
            <p>
                <strong>{on.map((mode) => mode.title || mode.mode).join(", ")}</strong> {t("mode.exercise")}
            </p>
            <a href="/status">{t("mode.title")}</a>
        </div>
    );
}

function Flood() {
    const is = flood.value;
    if (!is) return null;
    const peak = Math.max(numberOf(is, "peak"), rate.value); // the engine tells of it when the flood begins and ends
    return (
        <div class="banner warn" role="status">
            <p>
                <strong>{t("flood.title")}</strong>{" "}
                {t("flood.rate", { n: rate.value, peak, span: since(is.body.started_at) })}{" "}
                {t(gathers.value ? "flood.gathered" : "flood.spread")}
            </p>
        </div>
    );
}

function RefusedAct({ act }: { act: Act }) {
    const error = act.refusal;
    const said = word("refusal", error?.name);
    const known = said !== error?.name;
    const asked = error?.name === "second-person-asked";
    return (
        <div class={`banner ${asked ? "held" : "refused"}`}>
            <p>
                <strong>
                    {t(asked ? "act.asked" : "act.refused", { verb: word("deed", act.verb), about: act.about })}
                </strong>{" "}
                {known ? said : error?.text}
                {known && !asked && error?.text && <span class="dim"> ({error.text})</span>}
                {!known && error?.cure && <span class="dim"> – {error.cure}</span>}
            </p>
            <button type="button" onClick={() => dismiss(act.id)}>
                {t("act.seen")}
            </button>
        </div>
    );
}

function Acts() {
    const refused = acts.value.filter((act) => act.state === "refused");
    const held = acts.value.filter((act) => act.state === "held");
    return (
        <div role="alert">
            {held.map((act) => (
                <div key={act.id} class="banner held">
                    <p>{t("act.held", { verb: word("deed", act.verb), about: act.about })}</p>
                    <button type="button" onClick={() => dismiss(act.id)}>
                        {t("act.withdraw")}
                    </button>
                </div>
            ))}
            {refused.slice(0, 3).map((act) => (
                <RefusedAct key={act.id} act={act} />
            ))}
            {refused.length > 3 && (
                <div class="banner refused">
                    <p>{t("act.refused.more", { n: refused.length - 3 })}</p>
                    <button type="button" onClick={dismissRefused}>
                        {t("act.seen.all")}
                    </button>
                </div>
            )}
        </div>
    );
}

/** That nothing is abnormal is said only by a page that knows. */
export function emptyText(): string {
    if (!filled.value) return t("queue.waiting");
    return live.value ? t("queue.empty") : t("queue.unknown");
}

export function Banners() {
    return (
        <div class="banners">
            <NotLive />
            <Blind />
            <DatabaseAway />
            <Exercise />
            <Flood />
            <Acts />
        </div>
    );
}

/** New alarms, and what was done, to those who hear the page instead of seeing it; at most every 2 s, the gravest first. */
export function Announcer() {
    const [text, setText] = useState("");
    useEffect(() => {
        const timer = window.setInterval(() => {
            if (fresh.length === 0) return;
            const list = fresh
                .splice(0)
                .sort((a, b) => Number(b.priority === "critical") - Number(a.priority === "critical"));
            const first = list[0]!;
            const said = t("announce.alarm", {
                priority: word("priority", shownPriority(first)),
                title: alarmTitle(first),
                zone: zoneTitle(first.zone),
            });
            setText(list.length > 1 ? `${said} ${t("announce.more", { n: list.length - 1 })}` : said);
        }, 2000);
        return () => window.clearInterval(timer);
    }, []);
    const last = done.value;
    void revision.value;
    return (
        <>
            <div class="unseen" aria-live="assertive">
                {text}
            </div>
            <div class="unseen" aria-live="polite">
                {last && t("announce.done", { verb: word("deed", last.verb), about: last.about })}
            </div>
        </>
    );
}
