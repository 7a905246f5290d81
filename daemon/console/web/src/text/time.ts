/* Times as people of the control room read them: the wall clock of the site's day, and how long ago. */
import { language } from "../core/settings";
import { now, skew } from "../core/stream";
import { t } from "./text";

function locale(): string {
    return language.value === "zh" ? "zh-CN" : "en-GB";
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = locale() + name;
    const made = formats.get(key) ?? new Intl.DateTimeFormat(locale(), { hourCycle: "h23", ...options });
    formats.set(key, made);
    return made;
}

/** The server's clock, ms. */
export function serverNow(): number {
    return now.value + skew.value;
}

export function clock(ms: number): string {
    return format("clock", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);
}

export function day(ms: number): string {
    return format("day", { weekday: "short", year: "numeric", month: "short", day: "numeric" }).format(ms);
}

/** As ISO 8601 writes it, in every language: no day is taken for a month. */
function date(ms: number): string {
    const at = new Date(ms);
    const two = (n: number) => String(n).padStart(2, "0");
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Texts of the day: each stands on the page with an age that ticks. */
const whens = new Map<string, string>();
const WHENS_KEPT = 2000;
let whensOf = "";

/** Time of day, with the date in front if it is not today's. */
export function when(time: unknown): string {
    if (typeof time !== "string") return "";
    const today = date(serverNow());
    if (whensOf !== today + locale() || whens.size > WHENS_KEPT) whens.clear();
    whensOf = today + locale();
    const known = whens.get(time);
    if (known !== undefined) return known;
    const ms = Date.parse(time);
    const text = Number.isNaN(ms) ? "" : date(ms) === today ? clock(ms) : `${date(ms)} ${clock(ms)}`;
    whens.set(time, text);
    return text;
}

export function span(ms: number): string {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return t("span.s", { s });
    if (s < 3600) return t("span.m", { m: Math.floor(s / 60), s: String(s % 60).padStart(2, "0") });
    if (s < 86400)
        return t("span.h", { h: Math.floor(s / 3600), m: String(Math.floor((s % 3600) / 60)).padStart(2, "0") });
    return t("span.d", { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
}

export function since(time: unknown): string {
    const ms = typeof time === "string" ? Date.parse(time) : NaN;
    return Number.isNaN(ms) ? "" : span(serverNow() - ms);
}
