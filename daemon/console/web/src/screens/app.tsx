/* The frame of the page: who and where, how it stands, the way to every screen, and the screen itself. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { expired, locked } from "../core/api";
import { pageKeys, screenKeys, type Binding } from "../core/keys";
import { go, place } from "../core/router";
import { followSeconds, seconds } from "../core/seconds";
import { lock, logout, reading, session } from "../core/session";
import { private_ } from "../core/settings";
import { gravest, lossKnown, muted, playing, sounding, soundingCount, unmute } from "../core/sound";
import { countOf, queue, revision } from "../core/store";
import { connect, forget, live, lockedBy } from "../core/stream";
import { clear } from "../core/store";
import { loadSite, siteTitle } from "../core/site";
import { PRIORITIES, textOf } from "../core/wire";
import { AskDialog } from "../parts/ask";
import { Announcer, Banners } from "../parts/banners";
import { silenceAll } from "../parts/deeds";
import { PriorityMark, Tag, TAGS } from "../parts/marks";
import { t, word } from "../text/text";
import { clock, day, serverNow } from "../text/time";
import { Choices, FirstPasswordScreen, LockDialog, LoginScreen } from "./login";
import { SCREENS, screenOf, type Screen } from "./table";
import { WallScreen } from "./wall";

const help = signal(false);
const menu = signal(false);

/** What sounds: alarms, or that the page is not live. */
function silence(): void {
    if (live.value) silenceAll(sounding());
    else lossKnown.value = true;
}

/** Whoever leaves the desk; a screen that cannot reach the server says NOT LIVE already. */
function lockNow(): void {
    lock().then(
        (done) => done && (lockedBy.value = true),
        () => undefined,
    );
}

const PAGE_KEYS: readonly Binding[] = [
    {
        keys: ["?"],
        shown: "?",
        help: "key.help",
        run: () => {
            help.value = !help.value;
        },
    },
    { keys: ["S"], shown: "S", help: "key.silence_all", run: silence },
    { keys: ["L"], shown: "L", help: "key.lock", run: lockNow },
    ...["queue", "map", "incidents", "dispatch", "handover"].map((name, n) => ({
        keys: [String(n + 1)],
        shown: String(n + 1),
        help: `nav.${name}` as Screen["label"],
        run: () => go(SCREENS.find((screen) => screen.name === name)!.address),
    })),
];

function Counts() {
    void revision.value;
    return (
        <ul class="counts" aria-label={t("top.counts")}>
            {PRIORITIES.map((priority) => {
                const [open, covert] = [queue.open[priority], queue.covert[priority]];
                const [all, waiting] = [open.all + covert.all, open.waiting + covert.waiting];
                return (
                    <li key={priority} class={all ? priority : "none"} title={word("priority", priority)}>
                        <PriorityMark priority={priority} look={waiting ? "pulse" : all ? "rest" : "off"} />
                        <span>
                            <span class="unseen">{word("priority", priority)} </span>
                            <b>{waiting}</b>/{all}
                        </span>
                    </li>
                );
            })}
        </ul>
    );
}

function Clock() {
    const ms = serverNow();
    return (
        <div class="clock">
            <b>{clock(ms)}</b>
            <span>{day(ms)}</span>
        </div>
    );
}

function Live() {
    return <span class={live.value ? "live" : "live no"}>{live.value ? t("live.yes") : t("live.not")}</span>;
}

/** Whether it can be heard, and the way to make it so; then what sounds, and the way to silence it. */
function SoundState() {
    const now = playing.value;
    if (muted.value)
        return (
            <button type="button" class={gravest.value ? "sounding wanted" : "sounding"} onClick={() => void unmute()}>
                {gravest.value ? t("sound.locked.now", { n: soundingCount.value }) : t("sound.locked")}
            </button>
        );
    if (!now) return null;
    return (
        <button type="button" class="sounding" onClick={silence}>
            ♪ {now === "lost" ? t("sound.silence.loss") : t("sound.silence", { n: soundingCount.value })} <kbd>S</kbd>
        </button>
    );
}

function Me() {
    const me = session.value;
    if (!me) return null;
    return (
        <details class="me">
            <summary>{me.title || me.name}</summary>
            <div class="me-menu panel">
                <p class="dim">{me.roles.map((role) => word("role", role)).join(", ")}</p>
                <Choices />
                <label class="yes">
                    <input
                        type="checkbox"
                        checked={private_.value}
                        onChange={(event) => (private_.value = event.currentTarget.checked)}
                    />
                    {t("sound.private")}
                </label>
                <a href="/account">{t("nav.account")}</a>
                <button type="button" onClick={lockNow}>
                    {t("lock.now")} <kbd>L</kbd>
                </button>
                <button type="button" onClick={() => void logout()}>
                    {t("logout")}
                </button>
            </div>
        </details>
    );
}

function Top() {
    return (
        <header class="top">
            <button
                type="button"
                class="menu"
                aria-expanded={menu.value}
                aria-controls="nav"
                onClick={() => (menu.value = !menu.value)}>
                ☰ <span class="unseen">{t("nav.menu")}</span>
            </button>
            <span class="site">{siteTitle()}</span>
            <Counts />
            <SoundState />
            <span class="room" />
            <Live />
            <Clock />
            <button type="button" class="help" onClick={() => (help.value = true)}>
                ? <span class="unseen">{t("key.help")}</span>
            </button>
            <Me />
        </header>
    );
}

/** What waits behind a link of the menu for somebody to begin. */
function waitingAt(name: string): number {
    const inState = (subject: string, state: string) => countOf(subject, (change) => textOf(change, "state") === state);
    if (name === "incidents")
        return (
            inState("incident", "new") +
            inState("approval", "pending") +
            seconds.value.filter((request) => !request.mine).length
        );
    if (name === "handover") return countOf("handover", (change) => textOf(change, "state") !== "accepted");
    return 0;
}

function Waiting({ at }: { at: string }) {
    const n = waitingAt(at);
    return n > 0 ? (
        <span class="waiting">
            {n} <span class="unseen">{t("nav.waiting")}</span>
        </span>
    ) : null;
}

function Nav() {
    const here = screenOf(place.value.path);
    return (
        <nav id="nav" class={menu.value ? "open" : ""} aria-label={t("nav.menu")}>
            {SCREENS.filter(
                (screen) => screen.group && screen.roles.some((role) => session.value?.roles.includes(role)),
            ).map((screen, n, all) => (
                <a
                    key={screen.name}
                    href={screen.address}
                    class={n > 0 && all[n - 1]!.group !== screen.group ? "begins" : ""}
                    aria-current={here?.name === screen.name ? "page" : undefined}
                    onClick={() => (menu.value = false)}>
                    {t(screen.label)}
                    <Waiting at={screen.name} />
                </a>
            ))}
        </nav>
    );
}

function HelpDialog() {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => dialog.current?.showModal(), []);
    const close = () => {
        help.value = false;
    };
    const rows = [...screenKeys.value, ...pageKeys.value];
    return (
        <dialog ref={dialog} class="help-dialog" aria-labelledby="help-title" onCancel={close}>
            <h2 id="help-title">{t("key.help")}</h2>
            <dl class="keys">
                {rows.map((row) => (
                    <div key={row.shown + row.help}>
                        <dt>
                            {row.shown.split(" ").map((key) => (
                                <kbd key={key}>{key}</kbd>
                            ))}
                        </dt>
                        <dd>{t(row.help)}</dd>
                    </div>
                ))}
            </dl>
            <h3>{t("help.marks")}</h3>
            <ul class="legend">
                {PRIORITIES.map((priority) => (
                    <li key={priority}>
                        <PriorityMark priority={priority} /> {word("priority", priority)}
                    </li>
                ))}
                {(["pulse", "rest", "hollow"] as const).map((look) => (
                    <li key={look}>
                        <PriorityMark priority="high" look={look} /> {word("look", look)}
                    </li>
                ))}
            </ul>
            <ul class="legend">
                {TAGS.map(([name]) => (
                    <li key={name}>
                        <Tag name={name} /> {word("tag.of", name)}
                    </li>
                ))}
            </ul>
            <div class="dialog-foot">
                <button type="button" class="main" onClick={close} autofocus>
                    {t("close")} <kbd>Esc</kbd>
                </button>
            </div>
        </dialog>
    );
}

function Inside() {
    const found = screenOf(place.value.path);
    const Shown = found?.show;
    return (
        <div class="app">
            <a class="skip" href="#main">
                {t("nav.skip")}
            </a>
            <Top />
            <Banners />
            <Nav />
            <main id="main" tabIndex={-1}>
                {Shown ? (
                    <Shown key={place.value.path.join("/")} path={place.value.path} />
                ) : (
                    <p class="empty">{t("nav.unknown")}</p>
                )}
            </main>
        </div>
    );
}

/** The stream lives as long as the session. */
function useSession(): void {
    const name = session.value?.password_given ? undefined : session.value?.name;
    useEffect(() => {
        if (!name) return undefined;
        connect();
        void loadSite().catch(() => undefined);
        const end = followSeconds();
        return () => {
            end();
            forget();
            clear();
        };
    }, [name]);
}

export function App() {
    useSession();
    useEffect(() => {
        pageKeys.value = PAGE_KEYS;
        const ends = [
            expired.subscribe((n) => n && (session.value = null)),
            locked.subscribe((n) => n && (lockedBy.value = true)),
        ];
        return () => ends.forEach((end) => end());
    }, []);
    const me = session.value;
    if (me === undefined) return <p class="empty">{t("loading")}</p>;
    if (me === null) return <LoginScreen />;
    if (me.password_given) return <FirstPasswordScreen />;
    const wall = reading.value || place.value.path[0] === "wall";
    return (
        <>
            {wall ? <WallScreen /> : <Inside />}
            <AskDialog />
            {help.value && <HelpDialog />}
            {(lockedBy.value || me.locked) && <LockDialog />}
            <Announcer />
        </>
    );
}
