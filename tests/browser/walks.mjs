/* What people do in a day, each act as they do it: by keyboard or by mouse, in English or in Chinese. */
import { strict as assert } from "node:assert";
import fs from "node:fs";
import { enter, go, inside, mean, row, spread, state } from "./shared.mjs";

/* --- who may in --- */

/** A second factor: asked for after the password, wrong ones refused, the right one good. */
export async function second_factor(t) {
    const { name, password } = t.given.people.dora;
    const secret = await t.ask("second_factor", name);
    const page = await t.open();
    await page.goto(t.base + "/");
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "Now the code" }).waitFor();
    await page.keyboard.type("12345"); // the field has the focus
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "not right" }).waitFor();
    await page.fill("#code", await t.ask("code", secret));
    await page.keyboard.press("Enter");
    await page.waitForSelector(".live:not(.no)");
}

/** A screen on the wall comes with a code, shows, and does nothing. */
export async function wallboard(t) {
    const page = await inside(t, { who: "chief", address: "/people" });
    await page.click("button:has-text('Log a wall screen in')");
    await page.fill("#ask-title", "the hall");
    await page.keyboard.press("Enter");
    const told = await page.locator("dialog h2", { hasText: "Code:" }).innerText();
    await page.locator("dialog button:focus").press("Enter"); // once it stands there with its focus
    await page.locator("dialog[open]").waitFor({ state: "hidden" });

    const wall = await t.open({ size: [1920, 1080] });
    await wall.goto(t.base + "/");
    await wall.click("text=This is a screen on the wall");
    await wall.fill("#code", told.replace("Code:", "").trim());
    await wall.keyboard.press("Enter");
    await wall.locator(".wall .live").waitFor();
    await t.ask("publish", "wall-1", 3);
    await wall.locator(".wall-row", { hasText: "wall-1" }).waitFor();
    for (const key of ["a", "s", "S", "h", "Enter", "d"]) await wall.keyboard.press(key);
    assert.equal(await wall.locator("button, input, a").count(), 0);
    await go(wall, "/people");
    await wall.locator(".wall-row", { hasText: "wall-1" }).waitFor(); // there is no other screen for it
    const refused = await wall.evaluate(async () => {
        const { csrf } = await (await fetch("/api/v1/session")).json();
        const headers = { "Content-Type": "application/json", "X-Wardwatch-CSRF": csrf };
        return (await fetch("/api/v1/acts/ack", { method: "POST", headers, body: '{"alarm": 1}' })).status;
    });
    assert.equal(refused, 403);
    assert.equal((await t.ask("alarm", "critical", "wall-1")).state, "UNACK");

    await go(page, "/account");
    await page.locator("tr", { hasText: "screen" }).locator("button").first().click();
    await wall.waitForSelector("#name, #code");
}

/** Nobody acted for long: what is shown goes on, acts want the password again. */
export async function locked(t) {
    const { name, password } = t.given.people.bob;
    const page = await t.open();
    await enter(page, t.base, name, password);
    await spread(page);
    await t.ask("publish", "lock-1", 3);
    await mean(page, "lock-1");
    await t.ask("idle", name);
    await page.locator("dialog", { hasText: "Locked: bob" }).waitFor({ timeout: 60_000 });
    await page.keyboard.press("Escape"); // it does not go by itself
    await t.ask("publish", "lock-2", 3);
    await row(page, "lock-2").waitFor();
    await page.fill("dialog #password", "not the password");
    await page.keyboard.press("Enter");
    await page.locator("dialog .said", { hasText: "not right" }).waitFor();
    await page.fill("dialog #password", password);
    await page.keyboard.press("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
    await mean(page, "lock-1");
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    await page.keyboard.press("2");
    await state(page, "lock-1", "Acknowledged");
}

/* --- the queue by mouse, in Chinese --- */

export async function queue_mouse(t) {
    const page = await inside(t, { language: "zh", theme: "light" });
    await t.ask("publish", "maus-1", 1);
    await t.ask("publish", "maus-2", 2);
    await row(page, "maus-1").click();
    await page.click(".tools >> text=确认");
    await state(page, "maus-1", "已确认");
    await row(page, "maus-2").click();
    await page.click(".tools >> text=消音");
    await row(page, "maus-2").locator(".tag", { hasText: "已消音" }).waitFor();
    await page.click(".queue-side button:has-text('确认')");
    await page.click(".suggestions button >> nth=1");
    await state(page, "maus-2", "已确认");
    await page.click(".tools >> text=撤销确认");
    await page.click("dialog button[type=submit]");
    await state(page, "maus-2", "未确认");
    await row(page, "maus-1").click();
    await page.click(".tools >> text=搁置");
    await page.fill("#ask-reason", "拖地");
    await page.click("dialog button[type=submit]");
    await row(page, "maus-1").waitFor({ state: "detached" });
    await page.click("nav >> text=已隐藏报警");
    const hidden = page.locator("tr", { hasText: "maus-1" });
    await hidden.locator("td", { hasText: "拖地" }).waitFor();
    await hidden.locator("button", { hasText: "取消搁置" }).click();
    await hidden.waitFor({ state: "detached" });
    await page.click("nav >> text=实时队列");
    await row(page, "maus-1").click({ modifiers: ["Control"] });
    await row(page, "maus-2").click({ modifiers: ["Control"] });
    await page.locator(".tools", { hasText: "已选 2 条" }).waitFor();
    await page.click(".tools >> text=已选 2 条");
    await row(page, "maus-2").dblclick();
    await page.locator("h1", { hasText: "maus-2" }).waitFor();
    await page.click("nav >> text=实时队列");
    await page.click("header .help");
    await page.locator("dialog", { hasText: "按键与标记" }).locator("button").click();
    await page.locator("dialog").waitFor({ state: "detached" });
}

/* --- an incident by keyboard, in Chinese --- */

/** Tab until the focus is on it. */
async function tabTo(page, selector) {
    for (let n = 0; n < 120; n++) {
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
        await page.keyboard.press("Tab");
    }
    assert.fail(`the focus never came to ${selector}`);
}

export async function incident_keys(t) {
    const page = await inside(t, { language: "zh" });
    const dialog = page.locator("dialog");
    await t.ask("guard", "Chen");
    await t.ask("publish", "tast-1", 2);
    await mean(page, "tast-1");
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "tast-1" }).waitFor();
    await tabTo(page, '.facts a[href^="/incident/"]');
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/incident\/\d+$/);
    await page.locator(".deeds", { hasText: "接手" }).waitFor();
    await page.keyboard.press("t");
    await page.locator("dd", { hasText: "alice" }).first().waitFor();
    await tabTo(page, ".step input");
    await page.keyboard.press("Space");
    await page.locator(".step.done").first().waitFor();
    await page.keyboard.press("d");
    await dialog.waitFor();
    await page.locator("#ask-guard").selectOption("Chen"); // as the arrow keys do
    await page.keyboard.press("Enter");
    await page.locator("li b", { hasText: "Chen" }).waitFor();
    await page.keyboard.press("e");
    await dialog.waitFor();
    await page.keyboard.type("门已锁好");
    await page.keyboard.press("Control+Enter");
    await page.locator(".notes", { hasText: "门已锁好" }).waitFor();
    await page.keyboard.press("w");
    await dialog.waitFor();
    await page.selectOption("#ask-code", "genuine");
    await page.fill("#ask-done", "到场查看");
    await page.fill("#ask-reason", "有人推门");
    await page.keyboard.press("Control+Enter");
    await page.locator("li", { hasText: "到场查看" }).first().waitFor();
    await page.keyboard.press("f");
    await page.locator(".facts dd", { hasText: "已办结" }).waitFor();
    await page.keyboard.press("4"); // the dispatch board
    await tabTo(page, ".card .deeds button.main");
    await page.keyboard.press("Enter");
    await page.locator(".card button.main", { hasText: "任务完成" }).waitFor();
    await tabTo(page, ".card .deeds button.main");
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    await page.keyboard.press("Control+Enter");
    await page.locator(".lanes .panel", { hasText: "空闲" }).locator("b", { hasText: "Chen" }).waitFor();
}

/* --- every screen, by mouse and by keyboard --- */

export async function menu(t) {
    const page = await inside(t, { who: "chief", language: "zh", theme: "light" });
    const links = page.locator("nav a");
    const names = [];
    for (let n = 0; n < (await links.count()); n++) {
        await links.nth(n).click();
        names.push(await links.nth(n).evaluate((link) => link.firstChild.textContent));
        await page.locator("main h1", { hasText: names[n] }).waitFor({ state: "attached" });
        assert.equal(await page.locator("nav a[aria-current=page]").count(), 1);
    }
    assert.ok(names.length >= 14, names.join(" "));
    await page.click(".me summary");
    await page.click(".me-menu >> text=English");
    for (let n = 0; n < names.length; n++) {
        const address = await links.nth(n).getAttribute("href");
        await tabTo(page, `nav a[href="${address}"]`);
        await page.keyboard.press("Enter");
        await page.waitForFunction((to) => location.pathname === to, address);
        await page.waitForSelector("main h1", { state: "attached" });
    }
    assert.doesNotMatch(await page.locator("nav").innerText(), /\p{Script=Han}/u);
}

/* --- history: a link, an export, a moment, and why --- */

export async function history(t) {
    const page = await inside(t, { who: "chief", address: "/history" });
    await t.ask("publish", "hist-1", 2);
    await t.ask("stored", "hist-1");
    await page.selectOption("#h-what", "transitions");
    await page.fill("#h-from", "25:00");
    await page.fill("#h-text", "hist-1");
    await page.keyboard.press("Enter");
    await page.locator("#h-from:invalid").waitFor(); // no time: nothing is asked as if it were one
    await page.fill("#h-from", "00:00");
    await page.keyboard.press("Enter");
    await page.locator("td", { hasText: "hist-1" }).first().waitFor();
    assert.match(page.url(), /what=transitions/);
    assert.match(page.url(), /from=\d{4}-\d\d-\d\d\+00%3A00/);

    const other = await inside(t, { who: "bob", address: new URL(page.url()).pathname + new URL(page.url()).search });
    await other.locator("td", { hasText: "hist-1" }).first().waitFor();
    assert.deepEqual(
        await other.locator("main td").allInnerTexts(),
        await page.locator("main td").allInnerTexts(),
        "the link shows the same",
    );

    for (const [button, form] of [
        ["CSV", (text) => text.trim().split("\n").length - 1],
        ["JSON", (text) => text.trim().split("\n").map(JSON.parse).length],
    ]) {
        const coming = page.waitForEvent("download");
        await page.click(`.page-aside button:has-text("${button}")`);
        const text = fs.readFileSync(await (await coming).path(), "utf8");
        assert.match(text, /hist-1/);
        assert.equal(form(text), await page.locator("main tbody tr").count(), `${button}: ${text.slice(0, 300)}`);
        await page.locator(".export", { hasText: "done" }).waitFor();
    }

    await page.evaluate(() => (HTMLAnchorElement.prototype.click = () => undefined)); // nobody fetches it
    await page.click('.page-aside button:has-text("CSV")');
    await page.locator(".export", { hasText: "waiting" }).waitFor();
    await page.click(".export button:has-text('Cancel')");
    await page.locator(".export", { hasText: "cancelled" }).waitFor();
    assert.equal(await page.locator(".export button").count(), 0);
}

/** As it was known then, after it has changed. */
export async function moment(t) {
    const page = await inside(t, { who: "chief", address: "/moment" });
    await t.ask("publish", "mom-1", 2);
    const alarm = await t.ask("alarm", "high", "mom-1");
    await page.waitForFunction((raised) => Date.now() > Date.parse(raised) + 1000, alarm.raised_at);
    const then = await page.evaluate(() => {
        const two = (n) => String(n).padStart(2, "0");
        const at = new Date(Math.floor(Date.now() / 1000) * 1000);
        const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
        return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    });
    await t.ask("ack", alarm.id, alarm.version);
    await t.ask("stored", "mom-1", "ACKED");
    await page.fill("#m-time", then);
    await page.keyboard.press("Enter");
    const line = page.locator("tr", { hasText: "mom-1" }).filter({ hasText: "high at" }).first();
    await line.locator("td", { hasText: "Unacknowledged" }).waitFor();
    assert.match(page.url(), /time=/);
    await line.locator("a").first().click();
    await page.locator(".alarm-words", { hasText: "Acknowledged" }).waitFor(); // and as it is now
}

/** Why it came: the event in its part of the rule, on a line and in words, with the rule. */
export async function evidence(t) {
    const page = await inside(t);
    await t.ask("publish", "why-1", 2);
    await t.ask("stored", "why-1");
    await mean(page, "why-1");
    await page.keyboard.press("Enter");
    await page.locator(".lane .lane-mark").first().waitFor();
    await page.locator(".events li", { hasText: "passage" }).waitFor();
    assert.equal(await page.locator(".lane .lane-mark").count(), await page.locator(".events li").count());
    await page.locator("td", { hasText: "raised" }).first().waitFor();
    const rule = page.locator("section[aria-label=Rule]");
    await rule.locator("pre", { hasText: "raise: {hazard: theft, priority: high" }).waitFor(); // in its own words
    assert.doesNotMatch(await rule.locator(":scope > pre").innerText(), /examples/);
    await rule.locator("summary", { hasText: "Its examples" }).click();
    await rule.locator("details pre", { hasText: "given:" }).waitFor();
    await page.click(".panel a:has-text('high')");
    await page.locator("details[open] pre", { hasText: "rule: high" }).waitFor();
}

/* --- an integrator places zones --- */

export async function placing(t) {
    const page = await inside(t, { who: "chief", address: "/map" });
    await page.locator(".plan .zone").first().waitFor();
    await page.click("button:has-text('Place zones')");
    await page.selectOption("#draw-zone", "W1");
    const canvas = page.locator(".plan.drawing");
    for (const [x, y] of [
        [150, 40],
        [300, 40],
        [300, 160],
        [150, 160],
    ])
        await canvas.click({ position: { x, y } });
    await page.click("button:has-text('Take these corners')");
    await page.locator("pre", { hasText: "W1:" }).waitFor();
    await page.selectOption("#draw-zone", "main"); // and one by keyboard
    await page.focus("#draw-corners");
    await page.keyboard.type("20,20 580,20 580,280 20,280");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("pre", { hasText: 'main: "20,20 580,20 580,280 20,280"' }).waitFor();
    assert.equal(await t.ask("check_plans", await page.locator("pre.code").innerText()), "");
    await page.click("button:has-text('Remove from the plan')");
    await page.locator("pre", { hasText: "main:" }).waitFor({ state: "detached" });
}

/** A zone on the plan: coloured by its alarm, by mouse and by keyboard the way to it. */
export async function map(t) {
    const page = await inside(t, { address: "/map" });
    await t.ask("publish", "screen-1", 3); // an asset of room 1
    const room = page.locator('.zone.critical[aria-label^="Room 1"]');
    await room.waitFor();
    await room.click();
    await page.locator(".map-side li", { hasText: "screen-1" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".map-side h2", { hasText: "On this plan" }).waitFor();
    await tabTo(page, '.zone[aria-label="Room 2"]');
    await page.keyboard.press("Enter");
    await page.locator(".map-side", { hasText: "Nothing is abnormal here." }).waitFor();
    await page.keyboard.press("Escape");
    await page.click(".map-side a:has-text('screen-1')");
    await page.locator("h1", { hasText: "screen-1" }).waitFor();
}

/* --- sound --- */

export async function sound(t) {
    const page = await inside(t);
    await t.ask("publish", "loud-1", 3);
    await row(page, "loud-1").waitFor();
    await page.locator(".sounding", { hasText: /Silence \d+/ }).waitFor();
    await page.keyboard.press("S");
    await row(page, "loud-1").locator(".tag", { hasText: "silenced" }).waitFor();
    await page.locator(".sounding").waitFor({ state: "detached" });
    assert.equal((await t.ask("alarm", "critical", "loud-1")).state, "UNACK"); // silenced is not acknowledged
    await t.ask("publish", "loud-2", 3);
    await page.locator(".sounding", { hasText: "Silence 1" }).waitFor(); // what is new sounds again
    await mean(page, "loud-2");
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    await page.keyboard.press("1");
    await page.locator(".sounding").waitFor({ state: "detached" });
    await page.reload();
    await page.locator(".sounding", { hasText: "Sound is off" }).waitFor(); // until somebody touches the page
}
