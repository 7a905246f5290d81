/*
 * Titles of alarms, incidents and rules as this screen shows them: those that the system gives its own alarms in its language,
 * all others as they were written. The record, and what is exported of it, keeps them as they are.
 */
import { language } from "../core/settings";
import { textOf, type Alarm, type Change } from "../core/wire";
import { noticesZh, noticeTextsZh } from "./notices";

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const BY_TITLE = new Map(Object.values(noticesZh).map((notice) => [notice.written, notice]));

/** As the engine makes it (pipeline_notice.c): "TITLE (SUBJECT): TEXT", of which the last two may be missing, or be cut. */
const OWN = new RegExp(`^(${[...BY_TITLE.keys()].map(escaped).join("|")})(?: \\((.*?)(?:\\)|$))?(?:: (.*))?$`, "s");

/** Of a format of C: what it fills in is a number, or any text. */
function hole(part: string): string {
    if (part === "%%") return "%";
    if (!part.startsWith("%")) return escaped(part);
    return part.endsWith("s") ? "(.*?)" : "([-0-9a-f.]+)";
}

const pattern = (format: string) =>
    new RegExp(
        `^${format
            .split(/(%%|%[-0-9.*]*(?:ll)?[a-z])/)
            .map(hole)
            .join("")}$`,
        "s",
    );
const TEXTS = Object.entries(noticeTextsZh).map(([format, said]) => [pattern(format), said] as const);

/** What is filled in may be such a text itself. */
function inChinese(text: string): string {
    for (const [known, said] of TEXTS) {
        const found = known.exec(text);
        if (found) return said.replace(/\{(\d)\}/g, (_, n: string) => inChinese(found[Number(n)] ?? ""));
    }
    return text;
}

/** What the system says beside a title, or in a notice. */
export function detailText(text: string): string {
    return language.value === "zh" ? inChinese(text) : text;
}

/** A notice by its name, which stays to be seen: it is what it is looked for by. */
export function noticeText(name: string): string {
    const own = language.value === "zh" ? noticesZh[name]?.title : undefined;
    return own ? `${own}（${name}）` : name;
}

export function titleText(title: string): string {
    const found = language.value === "zh" ? OWN.exec(title) : null;
    if (!found) return title;
    const [, own = "", subject, text] = found;
    return `${BY_TITLE.get(own)!.title}${subject ? `（${detailText(subject)}）` : ""}${text ? `：${detailText(text)}` : ""}`;
}

export function alarmTitle(alarm: Alarm): string {
    return titleText(alarm.title);
}

/** One that an alarm opened is called as that alarm. */
export function incidentTitle(incident: Change | undefined): string {
    return titleText(textOf(incident, "title"));
}

/** What one of the system's own alarms means and what to do; `said` as the engine says it. */
export function adviceText(title: string, said: string): string {
    const own = language.value === "zh" ? BY_TITLE.get(title) : undefined;
    return own?.means ? [own.means, "", ...(own.act ?? [])].join("\n") : said;
}
