/* The dispatch board: guards by what they do, posts and shifts, and who was sent where. */
import { act, pending } from "../core/act";
import { may, session } from "../core/session";
import { postTitle, site, zoneTitle } from "../core/site";
import { every, one } from "../core/store";
import { numberOf, textOf, type Change } from "../core/wire";
import { askFor, type Field } from "../parts/ask";
import { Empty, Page, Panel, Table } from "../parts/frame";
import { dispatchTo } from "../parts/deeds";
import { Age, PriorityMark, Time } from "../parts/marks";
import { t, word } from "../text/text";
import { incidentTitle } from "../text/titles";
import { incidentName } from "./alarm_summary";
import { priorityOf, sorted } from "./incidents";

const LANES = ["free", "assigned", "on-scene", "off"] as const;

function zoneField(value: string): Field {
    return {
        name: "zone",
        label: t("alarm.zone"),
        kind: "choice",
        value,
        options: [["", "–"], ...site.value.zones.map((zone) => [zone.zone, zone.title || zone.zone] as const)],
    };
}

/** Posts that the site's files name: the engine takes no other. */
function postFields(value: string): Field[] {
    const posts = (site.value.posts ?? []).map((post) => [post.post, post.title || post.post] as const);
    return posts.length
        ? [{ name: "post", label: t("guard.post"), kind: "choice", value, options: [["", "–"], ...posts] }]
        : [];
}

async function setGuard(guard: Change | undefined): Promise<void> {
    const name: Field[] = guard ? [] : [{ name: "name", label: t("guard.name"), required: true }];
    const answers = await askFor({
        title: guard ? textOf(guard, "name") : t("guard.add"),
        fields: [
            ...name,
            {
                name: "status",
                label: t("col.state"),
                kind: "choice",
                value: "free",
                options: ["free", "off", "gone"].map((status) => [status, word("guard", status)] as const),
            },
            zoneField(textOf(guard, "zone")),
            ...postFields(textOf(guard, "post")),
            { name: "badge", label: t("guard.badge"), value: textOf(guard, "badge") },
        ],
        confirm: t("save"),
    });
    if (!answers) return;
    const fields = Object.fromEntries(Object.entries(answers).filter(([, value]) => value));
    const who = guard ? textOf(guard, "name") : answers.name!;
    await act("guard-status", `guard:${guard?.id ?? "new"}`, who, { name: who, ...fields });
}

async function withText(verb: string, dispatch: Change, field: Field): Promise<void> {
    const answers = await askFor({
        title: word("deed", verb),
        text: textOf(dispatch, "guard"),
        fields: [field],
        confirm: word("deed", verb),
    });
    if (!answers) return;
    const said = Object.fromEntries(Object.entries(answers).filter(([, value]) => value));
    await act(verb, `dispatch:${dispatch.id}`, textOf(dispatch, "guard"), { dispatch: dispatch.id, ...said });
}

function DispatchDeeds({ dispatch }: { dispatch: Change }) {
    const state = textOf(dispatch, "state");
    if (!may("operator", "supervisor") || pending(`dispatch:${dispatch.id}`)) return null;
    return (
        <div class="deeds">
            {state === "sent" && (
                <button
                    type="button"
                    class="main"
                    onClick={() =>
                        void act("arrived", `dispatch:${dispatch.id}`, textOf(dispatch, "guard"), {
                            dispatch: dispatch.id,
                        })
                    }>
                    {t("deed.arrived")}
                </button>
            )}
            {state === "on-scene" && (
                <button
                    type="button"
                    class="main"
                    onClick={() =>
                        void withText("dispatch-done", dispatch, {
                            name: "text",
                            label: t("dispatch.result"),
                            kind: "long",
                        })
                    }>
                    {t("deed.dispatch-done")}
                </button>
            )}
            <button
                type="button"
                onClick={() =>
                    void withText("dispatch-cancel", dispatch, {
                        name: "reason",
                        label: t("ask.reason"),
                        required: true,
                    })
                }>
                {t("deed.dispatch-cancel")}
            </button>
        </div>
    );
}

function GuardCard({ guard }: { guard: Change }) {
    const name = textOf(guard, "name");
    const dispatch = every("dispatch").find((one) => numberOf(one, "guard_id") === guard.id);
    const incident = dispatch?.incident ? one("incident", dispatch.incident) : undefined;
    return (
        <li class="card">
            <div class="card-head">
                <b>{name}</b>
                {may("operator", "supervisor") && !dispatch && (
                    <button
                        type="button"
                        class="small"
                        aria-label={`${t("change")}: ${name}`}
                        onClick={() => void setGuard(guard)}>
                        {t("change")}
                    </button>
                )}
            </div>
            <div>
                {[zoneTitle(textOf(guard, "zone")), postTitle(textOf(guard, "post"))].filter(Boolean).join(" · ")}
            </div>
            {dispatch && (
                <>
                    {incident && <a href={`/incident/${incident.id}`}>{incidentTitle(incident)}</a>}
                    <div>{textOf(dispatch, "text")}</div>
                    <div class="dim">
                        {word("dispatch.state", textOf(dispatch, "state"))} ·{" "}
                        <Age at={dispatch.body.arrived_at ?? dispatch.body.sent_at} />
                    </div>
                    <DispatchDeeds dispatch={dispatch} />
                </>
            )}
        </li>
    );
}

function Waiting() {
    const sent = new Set(every("dispatch").map((dispatch) => dispatch.incident));
    const list = sorted().filter(
        (incident) => ["new", "in-progress"].includes(textOf(incident, "state")) && !sent.has(incident.id),
    );
    return (
        <Panel title={t("dispatch.waiting")}>
            {list.length === 0 && <Empty>{t("dispatch.waiting.none")}</Empty>}
            <ul class="rows">
                {list.map((incident) => (
                    <li key={incident.id}>
                        <PriorityMark
                            priority={priorityOf(incident)}
                            look={textOf(incident, "state") === "new" ? "pulse" : "rest"}
                        />
                        <a class="grow" href={`/incident/${incident.id}`}>
                            {incidentTitle(incident)}
                        </a>
                        <span>{zoneTitle(textOf(incident, "zone"))}</span>
                        <span class="dim">{incidentName(incident.id)}</span>
                        <Age at={incident.body.opened_at} />
                        {may("operator", "supervisor") && (
                            <button
                                type="button"
                                class="small"
                                aria-label={`${t("deed.dispatch")}: ${incidentTitle(incident)}`}
                                onClick={() => void dispatchTo(incident)}>
                                {t("deed.dispatch")}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

/** `begin`: with the button to be one of them. */
export function Shifts({ begin = true }: { begin?: boolean }) {
    const shifts = every("shift").filter((shift) => textOf(shift, "state") === "on");
    const mine = shifts.find((shift) => textOf(shift, "person") === session.value?.name);
    return (
        <Panel
            title={t("shift.title")}
            aside={
                begin &&
                !mine &&
                may("operator", "supervisor") && (
                    <button type="button" onClick={() => void beginShift()}>
                        {t("deed.shift-begin")}
                    </button>
                )
            }>
            <Table
                label={t("shift.title")}
                empty={t("shift.none")}
                rows={shifts}
                keyOf={(shift) => shift.id}
                columns={[
                    { name: t("col.person"), cell: (shift) => textOf(shift, "person") },
                    { name: t("guard.post"), cell: (shift) => postTitle(textOf(shift, "post")) },
                    { name: t("shift.since"), cell: (shift) => <Time at={shift.body.began_at} /> },
                ]}
            />
        </Panel>
    );
}

export async function beginShift(): Promise<void> {
    const fields = postFields("");
    const answers = fields.length
        ? await askFor({ title: t("deed.shift-begin"), fields, confirm: t("deed.shift-begin") })
        : {};
    if (answers)
        await act("shift-begin", "shift:new", session.value?.name ?? "", answers.post ? { post: answers.post } : {});
}

export function DispatchScreen() {
    const guards = every("guard");
    return (
        <Page
            title={t("nav.dispatch")}
            wide
            aside={
                may("operator", "supervisor") && (
                    <button type="button" onClick={() => void setGuard(undefined)}>
                        {t("guard.add")}
                    </button>
                )
            }>
            {guards.length === 0 && <p class="lead dim">{t("dispatch.nobody")}</p>}
            <div class="lanes">
                {LANES.map((lane) => {
                    const list = guards.filter((guard) => textOf(guard, "status") === lane);
                    return (
                        <Panel key={lane} title={`${word("guard", lane)} (${list.length})`}>
                            {list.length === 0 && <Empty>–</Empty>}
                            <ul>
                                {list.map((guard) => (
                                    <GuardCard key={guard.id} guard={guard} />
                                ))}
                            </ul>
                        </Panel>
                    );
                })}
            </div>
            <div class="columns">
                <Waiting />
                <Shifts />
            </div>
        </Page>
    );
}
