/* The wall: read from across the room, acted upon by nobody. The gravest alarms large, the rest counted. */
import { useEffect } from "preact/hooks";
import { flood, rate } from "../core/flood";
import { isUnacknowledged, shownPriority } from "../core/order";
import { queue, revision } from "../core/store";
import { age, engineAway, heard, live } from "../core/stream";
import { siteTitle, zoneTitle } from "../core/site";
import { PRIORITIES, type Alarm } from "../core/wire";
import { Blind, emptyText } from "../parts/banners";
import { Age, AlarmMark, PriorityMark, StateText } from "../parts/marks";
import { t, word } from "../text/text";
import { alarmTitle } from "../text/titles";
import { clock, day, serverNow, span } from "../text/time";

const SHOWN = 12;

function WallRow({ alarm }: { alarm: Alarm }) {
    return (
        <li class={`wall-row ${shownPriority(alarm)} ${isUnacknowledged(alarm) ? "unack" : ""}`}>
            <AlarmMark alarm={alarm} />
            <span class="unseen">{word("priority", shownPriority(alarm))}</span>
            <span class="title">{alarmTitle(alarm)}</span>
            <span class="where">{zoneTitle(alarm.zone) || alarm.device}</span>
            <StateText state={alarm.state} />
            <Age at={alarm.raised_at} />
        </li>
    );
}

function WallCounts() {
    void revision.value;
    return (
        <ul class="wall-counts">
            {PRIORITIES.map((priority) => {
                const { all } = queue.open[priority];
                return (
                    <li key={priority} class={all ? priority : "none"}>
                        <PriorityMark priority={priority} look={all ? "rest" : "off"} />
                        <b>{all}</b> <span>{word("priority", priority)}</span>
                    </li>
                );
            })}
        </ul>
    );
}

/** The first ones that everybody in the room may see. */
function firstShown(): Alarm[] {
    const found: Alarm[] = [];
    for (const alarm of queue.rows) {
        if (found.length === SHOWN) break;
        if (!alarm.covert) found.push(alarm);
    }
    return found;
}

export function WallScreen() {
    useEffect(() => {
        document.title = `${t("nav.wall")} – Wardwatch`;
    }, []);
    void revision.value;
    const alarms = firstShown();
    const more = PRIORITIES.reduce((sum, priority) => sum + queue.open[priority].all, 0) - alarms.length;
    const ms = serverNow();
    return (
        <main class="wall">
            <header>
                <h1>{siteTitle()}</h1>
                <WallCounts />
                {live.value && <span class="live">{t("live.yes")}</span>}
                <div class="clock">
                    <b>{clock(ms)}</b>
                    <span>{day(ms)}</span>
                </div>
            </header>
            {!live.value && heard.value > 0 && (
                <div class="banner not-live" role="alert">
                    <strong>{t("live.not")}</strong> {t("live.age", { span: span(age.value) })}{" "}
                    {engineAway.value ? t("live.engine") : t("live.server")}
                </div>
            )}
            <Blind />
            {flood.value && (
                <div class="banner warn" role="status">
                    <strong>{t("flood.title")}</strong> {t("flood.short", { n: rate.value })}
                </div>
            )}
            {alarms.length === 0 ? (
                <p class="empty">{emptyText()}</p>
            ) : (
                <ol class="wall-list">
                    {alarms.map((alarm) => (
                        <WallRow key={alarm.id} alarm={alarm} />
                    ))}
                </ol>
            )}
            {more > 0 && <p class="wall-more">{t("wall.more", { n: more })}</p>}
        </main>
    );
}
