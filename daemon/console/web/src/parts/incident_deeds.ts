/* What can be done to an incident: one row a deed, as parts/deeds.ts has it for alarms. */
import { act } from "../core/act";
import { may, session } from "../core/session";
import { site } from "../core/site";
import { isUnacknowledged } from "../core/order";
import { alarms, every, incidentOf, membersOf, ofIncident } from "../core/store";
import { numberOf, textOf, type Alarm, type Change, type Reply } from "../core/wire";
import { t, word, type Key } from "../text/text";
import { incidentTitle } from "../text/titles";
import { askFor, sha256, type Answers, type Field } from "./ask";
import { breakGlassField, DEEDS, dispatchTo, doTo } from "./deeds";

export interface IncidentDeed {
    verb: string;
    label: Key;
    key: string;
    roles: readonly string[];
    fits: (incident: Change) => boolean;
    /** It is what comes next: its button stands out. Without: never. */
    leads?: (incident: Change) => boolean;
    fields?: (incident: Change) => Field[];
    confirm?: boolean;
    /** What has to be done before, in words; "": nothing. */
    before?: (incident: Change) => string;
    /** Instead of an act of its own. */
    run?: (incident: Change) => Promise<void>;
}

const ANYBODY = ["operator", "supervisor"] as const;
const NUMBERS = ["into", "alarm"];
const SWITCHES = ["force", "break_glass", "exercise"];

function inState(...states: string[]): (incident: Change) => boolean {
    return (incident) => states.includes(textOf(incident, "state"));
}

const OPEN = inState("new", "in-progress", "on-hold");

function reason(required: boolean): Field {
    return { name: "reason", label: t("ask.reason"), required };
}

export function personField(name: string, label: string): Field {
    const people = every("operator").map(
        (one) => [textOf(one, "name"), textOf(one, "title") || textOf(one, "name")] as const,
    );
    return people.length
        ? { name, label, kind: "choice", required: true, options: people }
        : { name, label, required: true };
}

function stepsOpen(incident: Change): number {
    return ofIncident("step", incident.id).filter(
        (step) => step.body.required === true && !["done", "skipped"].includes(textOf(step, "state")),
    ).length;
}

/** Its alarms that ask for attention; one that has come again since belongs to another incident. */
function asking(incident: Change): Alarm[] {
    return membersOf(incident.id)
        .flatMap((id) => alarms.get(id) ?? [])
        .filter((alarm) => isUnacknowledged(alarm) && incidentOf(alarm.id)?.id === incident.id);
}

function dispositionFields(incident: Change): Field[] {
    const codes = (site.value.dispositions ?? []).map((one) => [one.code, one.title] as const);
    const code: Field = codes.length
        ? {
              name: "code",
              label: t("ask.code"),
              kind: "choice",
              required: true,
              value: "",
              options: [["", t("ask.choose")] as const, ...codes],
          }
        : { name: "code", label: t("ask.code"), required: true };
    const grave = textOf(incident, "priority") === "critical";
    return [
        code,
        { name: "done", label: t("ask.done"), kind: "long", required: true },
        { name: "reason", label: t("ask.why"), kind: "long", required: true },
        ...(grave ? [breakGlassField()] : []),
    ];
}

function others(incident: Change): (readonly [string, string])[] {
    return every("incident")
        .filter((one) => one.id !== incident.id && OPEN(one))
        .map((one) => [String(one.id), `${one.id} – ${incidentTitle(one)}`] as const);
}

const ACKNOWLEDGE = DEEDS.find((deed) => deed.verb === "ack")!;

export const INCIDENT_DEEDS: readonly IncidentDeed[] = [
    {
        verb: ACKNOWLEDGE.verb,
        label: ACKNOWLEDGE.label,
        key: ACKNOWLEDGE.key,
        roles: ACKNOWLEDGE.roles,
        fits: (incident) => asking(incident).length > 0,
        leads: inState("resolved"),
        run: (incident) => doTo(ACKNOWLEDGE, asking(incident)),
    },
    {
        verb: "incident-take",
        label: "deed.incident-take",
        key: "t",
        roles: ANYBODY,
        fits: (incident) => OPEN(incident) && textOf(incident, "owner") !== session.value?.name,
        leads: (incident) => !textOf(incident, "owner"),
    },
    {
        verb: "incident-assign",
        label: "deed.incident-assign",
        key: "g",
        roles: ANYBODY,
        fits: OPEN,
        fields: () => [personField("owner", t("incident.owner"))],
    },
    {
        verb: "incident-hold",
        label: "deed.incident-hold",
        key: "p",
        roles: ANYBODY,
        fits: inState("new", "in-progress"),
        fields: () => [
            {
                name: "until",
                label: t("ask.until"),
                kind: "choice",
                value: "30m",
                options: ["15m", "30m", "1h", "2h", "4h"].map((span) => [span, t(`span.${span}` as Key)] as const),
            },
            reason(true),
        ],
    },
    {
        verb: "incident-resume",
        label: "deed.incident-resume",
        key: "u",
        roles: ANYBODY,
        fits: inState("on-hold"),
        leads: () => true,
    },
    {
        verb: "incident-resolve",
        label: "deed.incident-resolve",
        key: "f",
        roles: ANYBODY,
        fits: OPEN,
        leads: (incident) => inState("in-progress")(incident) && stepsOpen(incident) === 0,
        fields: (incident) =>
            stepsOpen(incident) > 0 && may("supervisor")
                ? [{ name: "force", label: t("ask.force", { n: stepsOpen(incident) }), kind: "yes" }, reason(false)]
                : [],
    },
    {
        verb: "dispose",
        label: "deed.dispose",
        key: "w",
        roles: ANYBODY,
        fits: (incident) => textOf(incident, "state") !== "closed",
        leads: (incident) => inState("resolved")(incident) && !textOf(incident, "disposition"),
        fields: dispositionFields,
    },
    {
        verb: "incident-close",
        label: "deed.incident-close",
        key: "c",
        roles: ANYBODY,
        fits: inState("resolved"),
        leads: (incident) => textOf(incident, "disposition") !== "",
        fields: () => [],
        confirm: true,
        before: (incident) => {
            const n = asking(incident).length;
            return n > 0 ? t("incident.asking", { n }) : "";
        },
    },
    {
        verb: "incident-reopen",
        label: "deed.incident-reopen",
        key: "R",
        roles: ["supervisor"],
        fits: inState("resolved", "closed"),
        fields: () => [reason(true)],
    },
    {
        verb: "incident-merge",
        label: "deed.incident-merge",
        key: "m",
        roles: ANYBODY,
        fits: (incident) => OPEN(incident) && others(incident).length > 0,
        fields: (incident) => [
            { name: "into", label: t("ask.into"), kind: "choice", required: true, options: others(incident) },
            reason(true),
        ],
    },
];

export function typed(answers: Answers): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(answers)) {
        if (!value) continue;
        fields[name] = NUMBERS.includes(name) ? Number(value) : SWITCHES.includes(name) ? true : value;
    }
    return fields;
}

export function incidentAct(incident: Change, verb: string, fields: Record<string, unknown>): Promise<Reply> {
    return act(verb, `incident:${incident.id}`, incidentTitle(incident), { incident: incident.id, ...fields });
}

export async function doToIncident(deed: IncidentDeed, incident: Change): Promise<void> {
    if (!deed.fits(incident) || !may(...deed.roles) || deed.before?.(incident)) return;
    if (deed.run) return deed.run(incident);
    const fields = deed.fields?.(incident) ?? [];
    const asks = fields.length > 0 || deed.confirm;
    const answers = asks
        ? await askFor({ title: t(deed.label), text: incidentTitle(incident), fields, confirm: t(deed.label) })
        : {};
    if (answers) await incidentAct(incident, deed.verb, { version: incident.version, ...typed(answers) });
    return undefined;
}

export function incidentDeeds(incident: Change): IncidentDeed[] {
    return INCIDENT_DEEDS.filter((deed) => may(...deed.roles) && deed.fits(incident));
}

/* --- notes --- */

export async function addNote(incident: Change): Promise<void> {
    const answers = await askFor({
        title: t("deed.note"),
        text: incidentTitle(incident),
        fields: [{ name: "text", label: t("note.text"), kind: "long", required: true }],
        confirm: t("deed.note"),
    });
    if (answers) await incidentAct(incident, "note", { text: answers.text });
}

/** The file stays where it is kept; the record has its name, its size and what proves that it is the same one. */
export async function attach(incident: Change, file: File): Promise<void> {
    const answers = await askFor({
        title: t("attach.title"),
        text: t("attach.text", { name: file.name }),
        fields: [
            { name: "where", label: t("attach.where"), required: true, hint: t("attach.where.hint") },
            { name: "text", label: t("note.text"), kind: "long", required: true },
        ],
        confirm: t("attach.title"),
    });
    if (!answers) return;
    const attachment = { name: file.name, sha256: await sha256(file), size: file.size, where: answers.where };
    await incidentAct(incident, "note", { text: answers.text, attachment });
}

/* --- the second person --- */

export async function answerApproval(approval: Change, agree: boolean): Promise<void> {
    const about = approvalText(approval);
    const verb = agree ? "approve" : "reject";
    const answers = await askFor({
        title: word("deed", verb),
        text: about,
        fields: agree ? [] : [reason(true)],
        confirm: word("deed", verb),
        grave: agree,
    });
    if (answers) await act(verb, `approval:${approval.id}`, about, { approval: approval.id, ...typed(answers) });
}

export function approvalText(approval: Change): string {
    const asked = textOf(approval, "asked_by");
    const disposition = every("disposition").find((one) => one.id === numberOf(approval, "disposition"));
    if (disposition)
        return t("approval.disposition", {
            by: asked,
            what: textOf(disposition, "title"),
            done: textOf(disposition, "done"),
        });
    const roles = Array.isArray(approval.body.roles)
        ? approval.body.roles.map((role) => word("role", String(role))).join(", ")
        : "";
    return t("approval.roles", { by: asked, name: textOf(approval, "name"), roles });
}

export { dispatchTo };
