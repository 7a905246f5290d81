/* The cases: what an operator does and sees, each in a browser of its own. */
import { strict as assert } from "node:assert";
import { axe, coldView, go, inside, mean, row, spread, state } from "./shared.mjs";

/* --- who may in --- */

export async function login(t) {
    const page = await t.open();
    const { name, password } = t.given.people.alice;
    await page.goto(t.base + "/incidents");
    await page.fill("#name", name);
    await page.fill("#password", "not the password");
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "not right" }).waitFor();
    await page.fill("#password", password);
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "Incidents" }).waitFor(); // the address that was asked for
    await page.click(".me summary");
    await page.click("text=Log out");
    await page.waitForSelector("#name");
    await page.reload();
    await page.waitForSelector("#name"); // out is out
}

/** Somebody else chose the password: nothing goes before one of one's own. */
export async function first_password(t) {
    const page = await t.open();
    const { name, given, password } = t.given.newcomer;
    await page.goto(t.base + "/");
    await page.fill("#name", name);
    await page.fill("#password", given);
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "Change password" }).waitFor();
    await page.keyboard.type(given); // the field has the focus
    await page.fill("#new", password);
    await page.fill("#again", password + "!");
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "not the same" }).waitFor();
    for (const id of ["#new", "#again"]) await page.fill(id, "password password");
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "too easy to guess" }).waitFor(); // in the page's own words
    for (const id of ["#new", "#again"]) await page.fill(id, password);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".live:not(.no)");
}

/* --- the queue, by keyboard --- */

export async function queue_keys(t) {
    const page = await inside(t);
    await t.ask("publish", "low-1", 1);
    await t.ask("publish", "crit-1", 3);
    await t.ask("publish", "high-1", 2);
    await row(page, "high-1").waitFor();
    await row(page, "crit-1").waitFor();
    const order = await page.locator(".grid-row .title").allInnerTexts();
    const places = ["crit-1", "high-1", "low-1"].map((name) => order.findIndex((text) => text.includes(name)));
    assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
        "the gravest first",
    );

    await mean(page, "low-1");
    await page.keyboard.press("a"); // nothing is asked of a low one
    await state(page, "low-1", "Acknowledged");

    await mean(page, "high-1");
    await page.keyboard.press("s");
    await row(page, "high-1").locator(".tag", { hasText: "silenced" }).waitFor();
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    await page.keyboard.press("2"); // a reason by its number
    await state(page, "high-1", "Acknowledged");
    assert.equal((await t.ask("alarm", "high", "high-1")).state, "ACKED");

    await page.keyboard.press("A");
    await page.waitForSelector("dialog");
    await page.keyboard.press("Enter");
    await state(page, "high-1", "Unacknowledged");

    await mean(page, "low-1");
    await page.keyboard.press("h");
    await page.waitForSelector("dialog");
    await page.selectOption("#ask-until", "1h");
    await page.fill("#ask-reason", "mopping");
    await page.keyboard.press("Enter");
    await row(page, "low-1").waitFor({ state: "detached" });
    await page.click("text=Hidden alarms");
    await page.locator("td", { hasText: "low-1" }).waitFor();
    await page.click("td >> text=Unshelve");
    await page.locator("td", { hasText: "low-1" }).waitFor({ state: "detached" });

    await page.keyboard.press("1");
    await mean(page, "crit-1");
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "crit-1" }).waitFor();
    assert.match(page.url(), /\/alarm\/\d+$/);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".grid");
    await page.keyboard.press("?");
    await page.locator("dialog", { hasText: "Next that waits" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
}

export async function several_at_once(t) {
    const page = await inside(t);
    for (const name of ["many-1", "many-2", "many-3"]) await t.ask("publish", name, 1);
    await mean(page, "many-1");
    await page.keyboard.press("x");
    await mean(page, "many-2");
    await page.keyboard.press("x");
    await page.locator(".tools", { hasText: "2 chosen" }).waitFor();
    await page.keyboard.press("a");
    await state(page, "many-1", "Acknowledged");
    await state(page, "many-2", "Acknowledged");
    assert.equal((await t.ask("alarm", "low", "many-3")).state, "UNACK");
}

/** A flood is one: said with its rate, gathered below the top priority, and nothing of it hidden. */
export async function flood(t) {
    const page = await inside(t, { gathered: true });
    await page.locator(".banner", { hasText: /Alarm flood.*\d+ alarms in ten minutes/ }).waitFor();
    await t.ask("publish", "top-1", 3);
    await t.ask("publish", "top-2", 3);
    await row(page, "top-1").waitFor();
    await row(page, "top-2").waitFor(); // each by itself
    const crowd = row(page, /\d+ alarms/).filter({ hasText: "low at" });
    await crowd.waitFor();
    assert.equal(await row(page, "crowd-11").count(), 0);
    await crowd.click(); // unfolds
    await row(page, "crowd-11").waitFor();
    await page.keyboard.press("c");
    await crowd.waitFor({ state: "detached" });
    await row(page, "crowd-11").waitFor();
}

/** Somebody else was quicker, and then it came again: the act is refused, with what changed. */
export async function stale_act(t) {
    const page = await inside(t);
    await t.ask("publish", "stale-1", 2);
    await mean(page, "stale-1");
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    const alarm = await t.ask("alarm", "high", "stale-1");
    await t.ask("ack", alarm.id, alarm.version); // by another person, while the dialog is open
    await page.fill("#ask-reason", "on my way");
    await page.keyboard.press("Enter");
    await page.locator(".banner.refused", { hasText: "Refused: Acknowledge" }).waitFor();
    await page.click(".banner.refused button");
    await page.locator(".banner.refused").waitFor({ state: "detached" });
}

/* --- an incident, by mouse --- */

export async function incident(t) {
    const page = await inside(t);
    const other = await inside(t, { who: "bob", address: "/incidents" });
    await t.ask("guard", "Bauer");
    await t.ask("publish", "inc-1", 3);
    await row(page, "inc-1").click();
    await page.click(".queue-side >> text=/^Incident \\d+$/");
    await page.locator("h1", { hasText: "inc-1" }).waitFor();
    await page.click("button:has-text('Take it')");
    await page.locator("dd", { hasText: "alice" }).first().waitFor();
    await page.click(".steps input >> nth=0");
    await page.locator(".step.done").first().waitFor();
    await page.click(".step:not(.done) >> button:has-text('Skip')");
    await page.fill("#ask-reason", "nobody is there");
    await page.click("dialog button[type=submit]");
    await page.locator(".step.skipped").waitFor();

    await page.click("button:has-text('Dispatch')");
    await page.selectOption("#ask-guard", "Bauer");
    await page.click("dialog button[type=submit]");
    await page.locator("li", { hasText: "Bauer" }).waitFor();

    await page.setInputFiles("input[type=file]", {
        name: "photo.txt",
        mimeType: "text/plain",
        buffer: Buffer.from("abc"),
    });
    await page.fill("#ask-where", "/evidence/photo.txt");
    await page.fill("#ask-text", "what the camera saw");
    await page.click("dialog button[type=submit]");
    await page
        .locator(".attachment", { hasText: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" })
        .waitFor();

    await page.click("button:has-text('Say what it was')");
    assert.equal(await page.inputValue("select#ask-code"), "", "nothing is said before somebody says it");
    await page.selectOption("#ask-code", "nuisance");
    await page.fill("#ask-done", "went there");
    await page.fill("#ask-reason", "steam");
    await page.click("dialog button[type=submit]");
    await page.locator("text=Somebody else must answer.").first().waitFor(); // not oneself

    await other.locator("li", { hasText: "went there" }).waitFor();
    await other.click("button:has-text('Agree')");
    await other.click("dialog button[type=submit]");
    await page.locator(".panel", { hasText: "agreed: bob" }).waitFor();
    await page.click("button:has-text('Resolve')");
    await page
        .locator("dialog")
        .waitFor({ timeout: 1000 })
        .then(
            () => page.click("dialog button[type=submit]"),
            () => undefined,
        );
    await other.goto(t.base + "/dispatch");
    await other.click(".card >> button:has-text('Arrived')");
    await other.click(".card >> button:has-text('Free again')");
    await other.click("dialog button[type=submit]");
    await other.locator(".lanes .panel", { hasText: "Free (1)" }).waitFor();
    await page.locator(".before", { hasText: "1 of its alarms" }).waitFor(); // said before it is refused
    assert.ok(await page.locator(".deeds button:has-text('Close')").isDisabled());
    await page.click(".deeds button.main:has-text('Acknowledge')");
    await page.keyboard.press("1");
    await page.locator(".before").waitFor({ state: "detached" });
    await page.click(".deeds button:has-text('Close')");
    await page.click("dialog button[type=submit]");
    await page.locator(".facts dd", { hasText: "Closed" }).waitFor();
}

/* --- handover --- */

export async function handover(t) {
    const page = await inside(t, { address: "/handover" });
    const other = await inside(t, { who: "bob", address: "/handover" });
    const sure = (who) => who.click("dialog button[type=submit]");
    await t.ask("publish", "hand-1", 2);
    await page.click("button:has-text('Begin my shift')");
    await sure(page);
    await page.click("button:has-text('Hand over')");
    await page.fill("#ask-text", "the east door is being repaired");
    await sure(page);
    await page.locator("p", { hasText: "Waits for: whoever comes" }).waitFor();
    await other.locator("dd", { hasText: "the east door is being repaired" }).waitFor();
    await other.locator("p", { hasText: "Begin your shift first" }).waitFor(); // who is not on duty takes nothing over
    await other.click("button:has-text('Begin my shift')");
    await sure(other);
    const items = other.locator(".rows input[type=checkbox]:not(:disabled)");
    await items.first().check();
    const n = await items.count();
    assert.ok(n > 1);
    await other.click("button:has-text('Take over 1 ticked')");
    await sure(other);
    await other.locator(".rows", { hasText: "bob," }).waitFor();
    await page.click("button:has-text('End my shift')"); // the rest is still open
    await page.locator("dialog", { hasText: "asks for attention again" }).waitFor();
    await page.keyboard.press("Escape");
    await other.click(`button:has-text('Tick all ${n - 1}')`);
    await other.click(`button:has-text('Take over ${n - 1} ticked')`);
    await sure(other);
    await other.locator(".empty", { hasText: "Nothing waits to be taken over." }).waitFor();
    await page.locator(".lead", { hasText: "bob has taken over" }).waitFor();
    await page.click("button.main:has-text('End my shift')"); // nothing is asked
    await page.locator(".lead", { hasText: "You are not on duty." }).waitFor();
}

/* --- every screen: as it looks, and for those who cannot see it --- */

const SCREENS = [
    "",
    "map",
    "incidents",
    "dispatch",
    "handover",
    "hidden",
    "records",
    "history",
    "moment",
    "figures",
    "devices",
    "reports",
    "rules",
    "audit",
    "people",
    "status",
    "account",
];
const SIZES = { desk: [1920, 1080], small: [1366, 768], lying: [1024, 768], tablet: [768, 1024] };

const VIEWS = [
    ["dark", "en"],
    ["light", "zh"],
];
const OTHER_VIEWS = [
    ["light", "en"],
    ["dark", "zh"],
];

/** With WARDWATCH_SCREENSHOTS in the environment: in all views, and a picture of each at each size. */
export async function screens(t) {
    const pictures = Boolean(process.env.WARDWATCH_SCREENSHOTS);
    await t.ask("publish", "screen-1", 3);
    await t.ask("publish", "screen-2", 1);
    const { id } = await t.ask("alarm", "critical", "screen-1");
    for (const [theme, language] of pictures ? [...VIEWS, ...OTHER_VIEWS] : VIEWS) {
        const page = await inside(t, { theme, language, who: "chief" });
        for (const screen of [...SCREENS, `alarm/${id}`, "incident/1", "wall"])
            await look(page, screen, `${theme}-${language}`, pictures && t.shots);
        await page.context().close();
    }
}

async function look(page, screen, view, shots) {
    await go(page, `/${screen}`);
    await page.waitForSelector("main h1");
    await page.waitForFunction(() => !/Loading|载入中/.test(document.querySelector("main").textContent));
    for (const [size, [width, height]] of Object.entries(SIZES)) {
        await page.setViewportSize({ width, height });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `/${screen} is ${over} px too wide at ${size}`);
        const name = (screen || "queue").replace(/\/\d+/, "");
        if (shots) await page.screenshot({ path: `${shots}/${name}-${size}-${view}.png` });
    }
    await axe(page, `/${screen} ${view}`);
}

/* --- the first view --- */

/** Whoever is logged in has no more to load than who is not: all of it is counted, each script to its end. */
export async function first_view(t) {
    for (const [session, wanted] of [
        [null, "#name"],
        [t.given.people.alice.session, ".app:has(.live:not(.no)) .grid-row"],
    ]) {
        const { script } = await coldView(t, session, wanted);
        assert.ok(script > 20 && script <= 200, `${script} KiB of script`);
    }
}
