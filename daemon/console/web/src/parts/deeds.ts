/*
 * What can be done to alarms and incidents: one row a deed. Keys, buttons and dialogs come from these rows.
 *
 * A deed that wants words asks for them first. For several alarms it asks once and does each by itself, so that a
 * refusal of one is told of that one. If the engine wants a reason that was not asked for, it is asked then.
 */
import { act } from "../core/act";
import { isUnacknowledged, rankOf, shownPriority } from "../core/order";
import { sounds } from "../core/sound";
import { every, incidentOf, one } from "../core/store";
import { may, session } from "../core/session";
import { postTitle, zonePath, zoneTitle } from "../core/site";
import type { Alarm, Change, Reply } from "../core/wire";
import { textOf } from "../core/wire";
import { t, type Key } from "../text/text";
import { alarmTitle, incidentTitle } from "../text/titles";
import { askFor, type Answers, type Field } from "./ask";

export interface Deed {
    verb: string;
    label: Key;
    key: string;
    roles: readonly string[];
    fits: (alarm: Alarm) => boolean;
    /** It is what comes next: its button stands out. Without: never. */
    leads?: (alarm: Alarm) => boolean;
    fields?: (alarms: readonly Alarm[]) => Field[];
}

const ANYBODY = ["operator", "supervisor"] as const;

const SEEN: readonly Key[] = ["reason.way", "reason.camera", "reason.guard", "reason.ward", "reason.announced"];
const HIDDEN: readonly Key[] = ["reason.work", "reason.repair", "reason.repeats", "reason.announced"];

/** `ready`: what is offered to be said with one key. */
export function reasonField(required: boolean, ready = SEEN): Field {
    return {
        name: "reason",
        label: t("ask.reason"),
        required,
        options: ready.map((key) => [t(key), t(key)] as const),
    };
}

function untilField(value: string): Field {
    const spans = ["15m", "30m", "1h", "2h", "4h", "8h"];
    return {
        name: "until",
        label: t("ask.until"),
        kind: "choice",
        value,
        required: true,
        options: spans.map((span) => [span, t(`span.${span}` as Key)] as const),
    };
}

function grave(alarms: readonly Alarm[]): boolean {
    return alarms.some((alarm) => rankOf(shownPriority(alarm)) <= 1);
}

function inKeyArea(alarm: Alarm): boolean {
    return zonePath(alarm.zone ?? "").some((zone) => zone.key_area);
}

export function breakGlassField(): Field {
    return { name: "break_glass", label: t("ask.break_glass"), kind: "yes", hint: t("ask.break_glass.hint") };
}

function secondPersonFields(): Field[] {
    const others = every("operator").filter((one) => textOf(one, "name") !== session.value?.name);
    return [
        {
            name: "second_person",
            label: t("ask.second_person"),
            hint: t("ask.second_person.hint"),
            list: others.map((one) => [textOf(one, "name"), textOf(one, "title")] as const),
        },
        breakGlassField(),
    ];
}

const UNSHELVABLE = ["panic", "duress", "fire", "infant", "tamper"];

export const DEEDS: readonly Deed[] = [
    {
        verb: "ack",
        label: "deed.ack",
        key: "a",
        roles: ANYBODY,
        fits: isUnacknowledged,
        leads: () => true,
        fields: (alarms) => (grave(alarms) ? [reasonField(true)] : []),
    },
    { verb: "silence", label: "deed.silence", key: "s", roles: ANYBODY, fits: (alarm) => alarm.sound !== "none" },
    {
        verb: "shelve",
        label: "deed.shelve",
        key: "h",
        roles: ["supervisor"],
        fits: (alarm) =>
            alarm.regions.shelved === "no" && !UNSHELVABLE.includes(alarm.class) && alarm.state !== "OOSRV",
        fields: () => [
            untilField("30m"),
            reasonField(true, HIDDEN),
            { name: "one_shot", label: t("ask.one_shot"), kind: "yes", hint: t("ask.one_shot.hint") },
        ],
    },
    {
        verb: "unshelve",
        label: "deed.unshelve",
        key: "H",
        roles: ["supervisor"],
        fits: (alarm) => alarm.regions.shelved !== "no",
        leads: () => true,
    },
    {
        verb: "unack",
        label: "deed.unack",
        key: "A",
        roles: ANYBODY,
        fits: (alarm) => alarm.state === "ACKED",
        fields: () => [reasonField(false)],
    },
    {
        verb: "reset",
        label: "deed.reset",
        key: "r",
        roles: [...ANYBODY, "maintenance"],
        fits: (alarm) => alarm.state === "LATCHED" || (alarm.state === "ACKED" && alarm.instant),
        leads: (alarm) => alarm.state === "LATCHED",
        fields: () => [{ ...reasonField(false), label: t("ask.inspected") }],
    },
    {
        verb: "out-of-service",
        label: "deed.out-of-service",
        key: "o",
        roles: ["maintenance"],
        fits: (alarm) => alarm.state !== "OOSRV",
        fields: (alarms) => [
            { name: "work_order", label: t("ask.work_order"), required: true },
            untilField("4h"),
            reasonField(true, HIDDEN),
            ...(alarms.some(inKeyArea) ? secondPersonFields() : []),
        ],
    },
    {
        verb: "return-to-service",
        label: "deed.return-to-service",
        key: "O",
        roles: ["maintenance"],
        fits: (alarm) => alarm.state === "OOSRV",
        leads: () => true,
    },
];

export function deedsFor(alarms: readonly Alarm[]): Deed[] {
    return DEEDS.filter((deed) => may(...deed.roles) && alarms.some(deed.fits));
}

const SWITCHES = ["one_shot", "break_glass"];

function said(answers: Answers): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(answers)) if (value) fields[name] = SWITCHES.includes(name) || value;
    if (fields.one_shot) delete fields.until;
    return fields;
}

export async function doTo(deed: Deed, chosen: readonly Alarm[]): Promise<void> {
    const fitting = chosen.filter(deed.fits);
    if (fitting.length === 0 || !may(...deed.roles)) return;
    const about = fitting.length === 1 ? alarmTitle(fitting[0]!) : t("ask.several", { n: fitting.length });
    const fields = deed.fields?.(fitting) ?? [];
    const answers = fields.length
        ? await askFor({ title: t(deed.label), text: about, fields, confirm: t(deed.label) })
        : {};
    if (!answers) return;
    await Promise.all(fitting.map((alarm) => doOne(deed, alarm, said(answers))));
}

async function doOne(deed: Deed, alarm: Alarm, fields: Record<string, unknown>): Promise<Reply> {
    const words = { alarm: alarm.id, version: alarm.version, ...fields };
    const reply = await act(deed.verb, `alarm:${alarm.id}`, alarmTitle(alarm), words);
    if (reply.ok || reply.error?.name !== "reason-needed" || "reason" in fields) return reply;
    const answers = await askFor({
        title: t(deed.label),
        text: alarmTitle(alarm),
        fields: [reasonField(true)],
        confirm: t(deed.label),
    });
    return answers ? act(deed.verb, `alarm:${alarm.id}`, alarmTitle(alarm), { ...words, ...said(answers) }) : reply;
}

export function silenceAll(list: readonly Alarm[]): void {
    const deed = DEEDS.find((each) => each.verb === "silence")!;
    void doTo(deed, list.filter(sounds));
}

/* --- dispatch --- */

export function freeGuards(): Change[] {
    return every("guard").filter((guard) => textOf(guard, "status") === "free");
}

export async function dispatchTo(incident: Change): Promise<void> {
    const free = freeGuards();
    const answers = await askFor({
        title: t("deed.dispatch"),
        text: incidentTitle(incident),
        fields: [
            free.length
                ? {
                      name: "guard",
                      label: t("ask.guard"),
                      kind: "choice",
                      required: true,
                      options: free.map((guard) => [textOf(guard, "name"), guardLabel(guard)] as const),
                  }
                : { name: "guard", label: t("ask.guard"), required: true, hint: t("ask.guard.none") },
            { name: "text", label: t("ask.order"), kind: "long" },
        ],
        confirm: t("deed.dispatch"),
    });
    if (!answers) return;
    await act("dispatch", `incident:${incident.id}`, incidentTitle(incident), {
        incident: incident.id,
        guard: answers.guard,
        ...(answers.text ? { text: answers.text } : {}),
    });
}

function guardLabel(guard: Change): string {
    const at = zoneTitle(textOf(guard, "zone")) || postTitle(textOf(guard, "post"));
    return at ? `${textOf(guard, "name")} (${at})` : textOf(guard, "name");
}

/** A guard is sent to an incident: the alarm's own, or one that is opened for it. */
export async function dispatchFor(alarm: Alarm): Promise<void> {
    const joined = incidentOf(alarm.id);
    if (joined) return dispatchTo(joined);
    const reply = await act("incident-open", `alarm:${alarm.id}`, alarmTitle(alarm), {
        hazard: alarm.hazard,
        title: alarm.title,
        priority: shownPriority(alarm),
        ...(alarm.zone ? { zone: alarm.zone } : {}),
    });
    const id = reply.changes?.find((change) => change.subject === "incident")?.id;
    const made = id ? one("incident", id) : undefined;
    if (made) await dispatchTo(made);
    return undefined;
}
