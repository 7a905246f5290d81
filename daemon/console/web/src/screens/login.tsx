/* Who are you: name, password, and the second factor when the server wants one. Screens on a wall come with a code. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError } from "../core/api";
import { changePassword, login, loginWallboard, logout, session, unlock, type LoginAnswer } from "../core/session";
import { language, theme } from "../core/settings";
import { sendHeld } from "../core/act";
import { lockedBy } from "../core/stream";
import { problemText } from "../parts/frame";
import { t, type Key } from "../text/text";

const answer = signal<LoginAnswer | "">("");
const busy = signal(false);
const wall = signal(false);

const SAID: Record<LoginAnswer, Key | ""> = {
    in: "",
    code: "login.code_needed",
    refused: "login.refused",
    wait: "login.wait",
    unreachable: "error.unreachable",
};

async function attempt(
    event: SubmitEvent,
    enter: (word: (name: string) => string) => Promise<LoginAnswer>,
): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    const form = new FormData(event.target as HTMLFormElement);
    busy.value = true;
    answer.value = "";
    const got = await enter((name) => String(form.get(name) ?? "").trim());
    answer.value = got;
    busy.value = false;
}

export function Choices() {
    return (
        <div class="choices">
            <button
                type="button"
                lang={language.value === "zh" ? "en" : "zh-CN"}
                onClick={() => (language.value = language.value === "zh" ? "en" : "zh")}>
                {language.value === "zh" ? "English" : "中文"}
            </button>
            <button type="button" onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}>
                {theme.value === "dark" ? t("theme.light") : t("theme.dark")}
            </button>
        </div>
    );
}

function Said() {
    const key = answer.value && SAID[answer.value];
    return (
        <p class="said" role="alert">
            {busy.value ? t("login.busy") : key ? t(key) : ""}
        </p>
    );
}

function Code() {
    const input = useRef<HTMLInputElement>(null);
    const wanted = answer.value === "code";
    useEffect(() => {
        if (wanted) input.current?.focus();
    }, [wanted]);
    return (
        <div class="field">
            <label for="code">{wanted ? t("login.code") : t("login.code_optional")}</label>
            <input
                ref={input}
                id="code"
                name="code"
                inputMode="numeric"
                autocomplete="one-time-code"
                maxLength={15}
                required={wanted}
            />
        </div>
    );
}

function PersonForm() {
    return (
        <form onSubmit={(event) => void attempt(event, (word) => login(word("name"), word("password"), word("code")))}>
            <div class="field">
                <label for="name">{t("login.name")}</label>
                <input
                    id="name"
                    name="name"
                    autocomplete="username"
                    autocapitalize="none"
                    maxLength={64}
                    required
                    autofocus
                />
            </div>
            <div class="field">
                <label for="password">{t("login.password")}</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    maxLength={256}
                    required
                />
            </div>
            <Code />
            <Said />
            <button type="submit" class="main" aria-disabled={busy.value}>
                {t("login.enter")}
            </button>
        </form>
    );
}

function WallForm() {
    return (
        <form onSubmit={(event) => void attempt(event, (word) => loginWallboard(word("code")))}>
            <div class="field">
                <label for="code">{t("login.wall_code")}</label>
                <input id="code" name="code" autocomplete="off" maxLength={64} required autofocus />
            </div>
            <Said />
            <button type="submit" class="main">
                {t("login.enter")}
            </button>
        </form>
    );
}

export function LoginScreen() {
    useEffect(() => {
        document.title = `${t("login.title")} – Wardwatch`;
    }, []);
    return (
        <main class="login">
            <div class="panel">
                <h1>Wardwatch</h1>
                <p>{t("login.what")}</p>
                {wall.value ? <WallForm /> : <PersonForm />}
                <button
                    type="button"
                    class="plain"
                    onClick={() => {
                        wall.value = !wall.value;
                        answer.value = "";
                    }}>
                    {wall.value ? t("login.person") : t("login.wall")}
                </button>
            </div>
            <Choices />
        </main>
    );
}

const refusal = signal("");

async function choose(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const word = (name: string) => String(form.get(name) ?? "");
    if (word("new") !== word("again")) {
        refusal.value = t("account.differ");
        return;
    }
    const problem = await changePassword(word("password"), word("code").trim(), word("new"));
    refusal.value = problem ? problemText(new ApiError(problem)) : "";
}

/** Somebody else chose the password: before anything else, one of one's own. */
export function FirstPasswordScreen() {
    const secrets: readonly (readonly [string, Key, string])[] = [
        ["password", "account.old", "current-password"],
        ["new", "account.new", "new-password"],
        ["again", "account.again", "new-password"],
    ];
    const form = useRef<HTMLFormElement>(null);
    useEffect(() => form.current?.querySelector("input")?.focus(), []);
    return (
        <main class="login">
            <div class="panel">
                <h1>{t("account.password")}</h1>
                <p>{t("account.given")}</p>
                <form ref={form} onSubmit={(event) => void choose(event)}>
                    {secrets.map(([name, label, complete]) => (
                        <div key={name} class="field">
                            <label for={name}>{t(label)}</label>
                            <input
                                id={name}
                                name={name}
                                type="password"
                                autocomplete={complete}
                                maxLength={256}
                                required
                            />
                        </div>
                    ))}
                    <p class="hint">{t("account.new.hint")}</p>
                    <Code />
                    <p class="said" role="alert">
                        {refusal.value}
                    </p>
                    <button type="submit" class="main">
                        {t("account.password")}
                    </button>
                    <button type="button" class="plain" onClick={() => void logout()}>
                        {t("logout")}
                    </button>
                </form>
            </div>
            <Choices />
        </main>
    );
}

/** Over everything while the session is locked: what it showed goes on behind it. */
export function LockDialog() {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        dialog.current?.showModal();
    }, []);
    const enter = async (word: (name: string) => string): Promise<LoginAnswer> => {
        const got = await unlock(word("password"), word("code"));
        if (got === "in") {
            lockedBy.value = false;
            sendHeld();
        }
        return got;
    };
    return (
        <dialog ref={dialog} aria-labelledby="lock-title" onCancel={(event) => event.preventDefault()}>
            <form onSubmit={(event) => void attempt(event, enter)}>
                <h2 id="lock-title">{t("lock.title", { name: session.value?.name ?? "" })}</h2>
                <p>{t("lock.text")}</p>
                <div class="field">
                    <label for="password">{t("login.password")}</label>
                    <input
                        id="password"
                        name="password"
                        type="password"
                        autocomplete="current-password"
                        required
                        autofocus
                    />
                </div>
                <Code />
                <Said />
                <div class="dialog-foot">
                    <button type="button" onClick={() => void logout()}>
                        {t("lock.other")}
                    </button>
                    <button type="submit" class="main">
                        {t("lock.unlock")}
                    </button>
                </div>
            </form>
        </dialog>
    );
}
