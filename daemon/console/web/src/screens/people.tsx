/* The people: operators with their roles, who is logged in, and one's own account. */
import { act } from "../core/act";
import { get, post } from "../core/api";
import { may, session } from "../core/session";
import { every } from "../core/store";
import { askFor, type Answers, type Field } from "../parts/ask";
import { breakGlassField } from "../parts/deeds";
import { setFactor, takeFactorAway } from "../parts/factor";
import { Facts, Load, Page, Panel, problemText, Table, useLoad } from "../parts/frame";
import { Age, Time } from "../parts/marks";
import { t, word } from "../text/text";

/* --- people --- */

interface Operator {
    operator: number | null;
    name: string;
    title?: string;
    roles: string[];
    active: boolean;
    password?: boolean | null;
    totp?: boolean | null;
    sessions?: number;
    on_shift?: boolean;
}

interface SessionLine {
    number: number;
    name: string;
    kind: string;
    source: string;
    began_at: string;
    seen_at: string;
    streams: number;
    locked: boolean;
    mine: boolean;
}

const ROLES = ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"];

function rolesField(has: readonly string[]): Field {
    return {
        name: "may",
        label: t("people.roles"),
        kind: "many",
        required: true,
        value: has.join("\n"),
        options: ROLES.map((role) => [role, word("role", role)] as const),
    };
}

/** What both acts say: roles, why, and the glass that is broken. */
function granted(answers: Answers): Record<string, unknown> {
    return {
        may: answers.may ? answers.may.split("\n") : [],
        ...(answers.reason ? { reason: answers.reason } : {}),
        ...(answers.break_glass ? { break_glass: true } : {}),
    };
}

async function addOperator(): Promise<void> {
    const answers = await askFor({
        title: t("deed.operator-add"),
        text: t("people.two"),
        fields: [
            { name: "name", label: t("login.name"), required: true },
            { name: "title", label: t("people.full_name") },
            rolesField(["operator"]),
            { name: "reason", label: t("ask.reason") },
            breakGlassField(),
        ],
        confirm: t("deed.operator-add"),
    });
    if (answers)
        await act("operator-add", "operator:new", answers.name!, {
            name: answers.name,
            title: answers.title,
            ...granted(answers),
        });
}

async function changeRoles(operator: Operator): Promise<void> {
    const answers = await askFor({
        title: t("deed.operator-roles"),
        text: `${operator.name}. ${t("people.two")}`,
        fields: [
            rolesField(operator.roles),
            { name: "reason", label: t("ask.reason"), required: true },
            breakGlassField(),
        ],
        confirm: t("deed.operator-roles"),
    });
    if (!answers) return;
    const fields = { operator: operator.operator, ...granted(answers) };
    await act("operator-roles", `operator:${operator.operator}`, operator.name, fields);
}

async function removeOperator(operator: Operator): Promise<void> {
    const answers = await askFor({
        title: t("deed.operator-remove"),
        text: operator.name,
        fields: [{ name: "reason", label: t("ask.reason"), required: true }],
        confirm: t("deed.operator-remove"),
        grave: true,
    });
    if (answers)
        await act("operator-remove", `operator:${operator.operator}`, operator.name, {
            operator: operator.operator,
            ...answers,
        });
}

async function factorOff(name: string, again: () => void): Promise<void> {
    if (await takeFactorAway(name)) again();
}

function yesNo(value: boolean | null | undefined): string {
    return value === null || value === undefined ? "?" : value ? t("yes") : t("no");
}

export function PeopleScreen() {
    const version = every("operator").reduce((sum, one) => sum + one.version, 0);
    const people = useLoad<{ operators: Operator[] }>(`people${version}`, (stop) => get("/operators", stop));
    return (
        <Page
            title={t("nav.people")}
            wide
            aside={
                <>
                    {may("administrator") && (
                        <button type="button" onClick={() => void addOperator()}>
                            {t("deed.operator-add")}
                        </button>
                    )}
                    {may("supervisor", "administrator") && (
                        <button type="button" onClick={() => void inviteWall()}>
                            {t("wall.invite")}
                        </button>
                    )}
                </>
            }>
            <Panel title={t("nav.people")}>
                <Load of={people}>
                    {(value) => (
                        <Table
                            label={t("nav.people")}
                            empty={t("history.none")}
                            rows={value.operators}
                            keyOf={(one) => one.name}
                            columns={[
                                { name: t("login.name"), cell: (one) => <b>{one.name}</b> },
                                { name: t("people.full_name"), cell: (one) => one.title ?? "" },
                                {
                                    name: t("people.roles"),
                                    cell: (one) => one.roles.map((role) => word("role", role)).join(", "),
                                },
                                { name: t("login.password"), cell: (one) => yesNo(one.password) },
                                { name: t("people.totp"), cell: (one) => yesNo(one.totp) },
                                { name: t("people.on_shift"), cell: (one) => yesNo(one.on_shift) },
                                {
                                    name: t("queue.tools"),
                                    unless: () => !may("administrator"),
                                    cell: (one) =>
                                        may("administrator") &&
                                        one.active &&
                                        one.operator !== null && (
                                            <span class="deeds">
                                                <button
                                                    type="button"
                                                    class="small"
                                                    onClick={() => void changeRoles(one)}>
                                                    {t("people.roles")}
                                                </button>
                                                {one.totp && one.name !== session.value?.name && (
                                                    <button
                                                        type="button"
                                                        class="small"
                                                        onClick={() => void factorOff(one.name, people.again)}>
                                                        {t("factor.off.do")}
                                                    </button>
                                                )}
                                                <button
                                                    type="button"
                                                    class="small"
                                                    onClick={() => void removeOperator(one)}>
                                                    {t("people.remove")}
                                                </button>
                                            </span>
                                        ),
                                },
                            ]}
                        />
                    )}
                </Load>
            </Panel>
            <Sessions />
        </Page>
    );
}

async function inviteWall(): Promise<void> {
    const answers = await askFor({
        title: t("wall.invite"),
        fields: [{ name: "title", label: t("wall.where"), required: true }],
        confirm: t("wall.invite"),
    });
    if (!answers) return;
    try {
        const made = await post<{ code: string; expires_at: string }>("/wallboards", { title: answers.title });
        await askFor({
            title: t("wall.code", { code: made.code }),
            text: t("wall.code.how"),
            fields: [],
            confirm: t("close"),
        });
    } catch (error) {
        await askFor({ title: t("wall.invite"), text: problemText(error), fields: [], confirm: t("close") });
    }
}

export function Sessions() {
    const list = useLoad<{ sessions: SessionLine[] }>("sessions", (stop) => get("/sessions", stop));
    const end = async (line: SessionLine) => {
        await post(`/sessions/${line.number}/end`, {}).catch(() => undefined);
        list.again();
    };
    return (
        <Panel title={t("sessions.title")}>
            <Load of={list}>
                {(value) => (
                    <Table
                        label={t("sessions.title")}
                        empty={t("history.none")}
                        rows={value.sessions}
                        keyOf={(line) => line.number}
                        columns={[
                            {
                                name: t("login.name"),
                                cell: (line) => `${line.name}${line.mine ? ` (${t("sessions.mine")})` : ""}`,
                            },
                            { name: t("sessions.kind"), cell: (line) => word("session.kind", line.kind) },
                            { name: t("sessions.source"), cell: (line) => line.source },
                            { name: t("sessions.began"), cell: (line) => <Time at={line.began_at} /> },
                            { name: t("sessions.seen"), cell: (line) => <Age at={line.seen_at} /> },
                            {
                                name: t("queue.tools"),
                                unless: (lines) => lines.every((line) => line.mine),
                                cell: (line) =>
                                    !line.mine && (
                                        <button type="button" class="small" onClick={() => void end(line)}>
                                            {t("sessions.end")}
                                        </button>
                                    ),
                            },
                        ]}
                    />
                )}
            </Load>
        </Panel>
    );
}

/* --- my account --- */

async function changePassword(): Promise<void> {
    const answers = await askFor({
        title: t("account.password"),
        fields: [
            { name: "password", label: t("account.old"), kind: "secret", required: true },
            { name: "totp", label: t("login.code_optional") },
            { name: "new", label: t("account.new"), kind: "secret", required: true, hint: t("account.new.hint") },
            { name: "again", label: t("account.again"), kind: "secret", required: true },
        ],
        confirm: t("account.password"),
    });
    if (!answers) return;
    let said = t("account.done");
    if (answers.new !== answers.again) said = t("account.differ");
    else {
        const secret = {
            password: answers.password,
            new: answers.new,
            ...(answers.totp ? { totp: answers.totp } : {}),
        };
        await post("/session/password", secret).catch((error: unknown) => (said = problemText(error)));
    }
    await askFor({ title: t("account.password"), text: said, fields: [], confirm: t("close") });
}

export function AccountScreen() {
    const me = session.value;
    if (!me) return null;
    return (
        <Page
            title={t("nav.account")}
            aside={
                <>
                    <button type="button" onClick={() => void setFactor()}>
                        {t("factor.set")}
                    </button>
                    <button type="button" onClick={() => void changePassword()}>
                        {t("account.password")}
                    </button>
                </>
            }>
            <Panel title={me.title || me.name}>
                <Facts
                    of={[
                        [t("login.name"), me.name],
                        [t("people.roles"), me.roles.map((role) => word("role", role)).join(", ")],
                        [t("sessions.began"), <Time at={me.began_at} />],
                        [t("account.ends"), me.ends_at && <Time at={me.ends_at} />],
                        [t("account.idle"), t("account.idle.minutes", { n: Math.round(me.idle / 60) })],
                    ]}
                />
            </Panel>
            <Sessions />
        </Page>
    );
}
