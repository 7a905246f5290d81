/* What belongs to the desk: one's own second factor, the lock by hand, who is asked to be the second person, files that are made. */
import { strict as assert } from "node:assert";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import { axe, enter, found, go, inside, mean, row } from "./shared.mjs";

const JSQR = createRequire(import.meta.url).resolve("jsqr");

/** What a telephone sees. */
async function scanned(page) {
    await page.evaluate(await fs.readFile(JSQR, "utf8"));
    return page.evaluate(async () => {
        const svg = document.querySelector("svg.qr").cloneNode(true);
        svg.setAttribute("width", "400");
        svg.setAttribute("height", "400");
        const picture = new Image();
        picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
        await picture.decode();
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 400;
        const context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        return window.jsQR(context.getImageData(0, 0, 400, 400).data, 400, 400)?.data;
    });
}

/** By its owner, from the picture; the telephone is lost, and an administrator takes the factor away. */
export async function own_factor(t) {
    const { name, password } = t.given.people.ella;
    const page = await inside(t, { who: name, address: "/account" });
    await page.click("button:has-text('Set up second factor')");
    await page.fill("#ask-password", "not the password at all");
    await page.keyboard.press("Enter");
    await page.locator("dialog .problem", { hasText: "not right" }).waitFor();
    await page.fill("#ask-password", password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("svg.qr");
    await axe(page, "the second factor");
    const uri = await scanned(page);
    const secret = (await page.locator("code.secret").innerText()).replaceAll(" ", "");
    assert.equal(uri, `otpauth://totp/Wardwatch:${name}?secret=${secret}&issuer=Wardwatch`);
    assert.equal(await page.locator(".factor a").getAttribute("href"), uri);
    await page.keyboard.type("abcdef"); // the field has the focus
    await page.keyboard.press("Enter");
    await page.locator("dialog .problem", { hasText: "not the code" }).waitFor();
    assert.equal(await page.locator("svg.qr").count(), 1);
    await page.fill("#ask-totp", await t.ask("code", secret));
    await page.keyboard.press("Enter");
    await page.locator("dialog", { hasText: "The second factor is set" }).waitFor();
    await page.keyboard.press("Enter");

    const other = await t.open();
    await other.goto(t.base + "/");
    await other.fill("#name", name);
    await other.fill("#password", password);
    await other.keyboard.press("Enter");
    await other.locator(".said", { hasText: "Now the code" }).waitFor();
    await other.context().close();

    const chief = await inside(t, { who: "chief", address: "/people" });
    const line = chief.locator("tr", { has: chief.locator("b", { hasText: new RegExp(`^${name}$`) }) });
    await line.locator("button", { hasText: "Take second factor away" }).click();
    await chief.fill("#ask-password", t.given.people.chief.password);
    await chief.keyboard.press("Enter");
    await line.locator("button", { hasText: "Take second factor away" }).waitFor({ state: "detached" });
    await page.waitForSelector("#name"); // the session on the lost telephone is over
    await enter(page, t.base, name, password);
}

/** One key locks every window of the session; what is shown goes on; the password unlocks, or another logs in. */
export async function lock_by_hand(t) {
    const { password } = t.given.people.bob;
    const page = await t.open();
    await enter(page, t.base, "bob", password);
    const second = await page.context().newPage();
    await second.goto(t.base + "/map");
    await second.waitForSelector(".live:not(.no)");
    await page.keyboard.press("L");
    for (const each of [page, second]) await each.locator("dialog", { hasText: "Locked: bob" }).waitFor();
    await t.ask("publish", "by-hand-1", 3);
    await row(page, "by-hand-1").waitFor();
    await page.fill("dialog #password", password);
    await page.keyboard.press("Enter");
    for (const each of [page, second]) await each.locator("dialog").waitFor({ state: "detached" });
    await page.click(".me summary");
    await page.click(".me-menu button:has-text('Lock')");
    await page.locator("dialog", { hasText: "Locked: bob" }).waitFor();
    await page.click("dialog button:has-text('Log out')");
    await page.waitForSelector("#name");
}

/** Whoever is named has to agree; both see that it waits, and what became of it. */
export async function second_person(t) {
    await t.ask("publish", "screen-1", 2);
    const chief = await inside(t, { who: "chief" });
    const bob = await inside(t, { who: "bob", address: "/incidents" });
    const ask = async (order) => {
        await mean(chief, "high at screen-1");
        await chief.keyboard.press("o");
        await chief.fill("#ask-work_order", order);
        await chief.fill("#ask-reason", "the reader is broken");
        await chief.fill("#ask-second_person", "bob");
        await chief.locator("dialog button[type=submit]").click();
        await chief.locator(".banner.held", { hasText: "A second person is asked" }).waitFor();
    };
    const waits = bob.locator("section[aria-label='A second person is needed']");
    await ask("WO-1");
    await waits.locator("li", { hasText: "chief: the reader is broken" }).waitFor();
    await axe(bob, "the request");
    await go(chief, "/incidents");
    await chief.locator("li", { hasText: "waits for bob" }).waitFor();
    await waits.locator("button", { hasText: "Refuse" }).click();
    await waits.waitFor({ state: "detached" });
    await chief.locator("li", { hasText: "waits for bob" }).waitFor({ state: "detached" });
    await go(chief, "/");
    await go(bob, "/hidden"); // the menu tells whoever is on another screen
    const counted = () => Number(document.querySelector("nav a[href='/incidents'] .waiting")?.firstChild.data ?? 0);
    const before = await bob.evaluate(counted);
    await ask("WO-2");
    await bob.waitForFunction(
        (n) => Number(document.querySelector("nav a[href='/incidents'] .waiting")?.firstChild.data ?? 0) > n,
        before,
    );
    await go(bob, "/incidents");
    await waits.locator("li", { hasText: "high at screen-1" }).waitFor();
    await waits.locator("button", { hasText: "Agree" }).click();
    await row(chief, "high at screen-1").waitFor({ state: "detached" });
    await go(chief, "/hidden");
    const hidden = chief.locator("tr", { hasText: "screen-1" }).first();
    await hidden.locator("button", { hasText: "Put back into service" }).click();
    await hidden.waitFor({ state: "detached" });
    await go(chief, "/"); // in an emergency without: it is done at once, and marked where it is audited
    await mean(chief, "high at screen-1");
    await chief.keyboard.press("o");
    await chief.fill("#ask-work_order", "WO-3");
    await chief.fill("#ask-reason", "it burns");
    await chief.check("#ask-break_glass");
    await chief.locator("dialog button[type=submit]").click();
    await row(chief, "high at screen-1").waitFor({ state: "detached" });
    await t.ask("stored", "screen-1", "OOSRV");
    await go(chief, "/audit");
    await chief
        .locator("tr", { hasText: "WO-3" })
        .locator(".tag", { hasText: "without a second person, in an emergency" })
        .waitFor();
}

async function kept(page, click) {
    const [file] = await Promise.all([page.waitForEvent("download"), click()]);
    const bytes = await fs.readFile(await file.path());
    return { name: file.suggestedFilename(), bytes };
}

/** Reports are shown and kept; an incident's bundle is made, and comes by itself. */
export async function files(t) {
    await t.ask("publish", "bundle-1", 3);
    await t.ask("stored", "bundle-1");
    const page = await inside(t, { who: "chief", address: "/reports" });
    const line = page.locator("tr", { hasText: "Daily" }).first();
    await axe(page, "reports");
    const csv = await kept(page, () => line.locator("button", { hasText: "CSV" }).click());
    assert.match(csv.name, /\.csv$/);
    assert.ok(csv.bytes.length > 100, "an empty report");
    await page.locator(".export", { hasText: /done/i }).waitFor();
    const shown = await Promise.all([page.context().waitForEvent("page"), line.locator("a").click()]);
    await shown[0].waitForLoadState();
    assert.match(await shown[0].locator("h1").innerText(), /\S/);

    await go(page, "/");
    await found(page, "bundle-1");
    const alarm = await t.ask("alarm", "critical", "bundle-1");
    await go(page, `/alarm/${alarm.id}`);
    await page.locator("main a[href^='/incident/']").first().click();
    const zip = await kept(page, () => page.click("button:has-text('case bundle')"));
    assert.match(zip.name, /^wardwatch-case-\d+\.zip$/);
    assert.equal(zip.bytes.subarray(0, 2).toString(), "PK");
}

/** Posts are those that the site's files name, by their titles: the engine takes no other. */
export async function posts(t) {
    const page = await inside(t, { address: "/dispatch" });
    const card = page.locator(".card", { hasText: "Weiss" });
    await page.click("button:has-text('Add a guard')");
    await page.fill("#ask-name", "Weiss");
    assert.deepEqual(await page.locator("#ask-post option").allInnerTexts(), ["–", "Control room"]);
    await page.selectOption("#ask-post", "control-room");
    await page.click("dialog button[type=submit]");
    await card.filter({ hasText: "Control room" }).waitFor();
    await card.locator("button").click();
    assert.equal(await page.inputValue("#ask-post"), "control-room");
    await page.selectOption("#ask-status", "gone");
    await page.click("dialog button[type=submit]");
    await card.waitFor({ state: "detached" });
}

/** PostgreSQL has it: the figure tells it. */
async function recorded(page, reason) {
    const told = () => page.evaluate(async () => (await fetch("/api/v1/figures/glass-broken")).text());
    for (const end = Date.now() + 20_000; !(await told()).includes(reason); await page.waitForTimeout(100))
        assert.ok(Date.now() < end, `${reason} is not recorded`);
}

/** In an emergency without the second person, what an incident was and what somebody may do: at once, marked, and in the record. */
export async function glass(t) {
    await t.ask("publish", "glass-1", 3);
    const page = await inside(t, { who: "chief", address: "/incidents" });
    await page.locator("main a", { hasText: "critical at glass-1" }).click();
    await page.click("button:has-text('Say what it was')");
    await page.selectOption("#ask-code", "nuisance");
    await page.fill("#ask-done", "looked");
    await page.fill("#ask-reason", "nobody else is awake");
    await page.check("#ask-break_glass");
    await page.click("dialog button[type=submit]");
    await page
        .locator(".panel p", { hasText: "nobody else is awake – chief, without a second person, in an emergency" })
        .waitFor();
    await page.locator(".facts dd", { hasText: "Nuisance" }).waitFor(); // it holds, nobody is waited for

    await go(page, "/people");
    const line = page.locator("tr", { has: page.locator("b", { hasText: /^dora$/ }) });
    await line.locator("button", { hasText: "Roles" }).click();
    await page.locator("dialog label", { hasText: "Supervisor" }).locator("input").check();
    await page.fill("#ask-reason", "the supervisor is hurt");
    await page.check("#ask-break_glass");
    await page.click("dialog button[type=submit]");
    await line.locator("td", { hasText: "Operator, Supervisor" }).waitFor();
    await recorded(page, "the supervisor is hurt");
    await go(page, "/figures?figure=glass-broken");
    await page
        .locator("tr", { hasText: "nobody else is awake" })
        .locator("td", { hasText: "Say what it was" })
        .waitFor();
    await page
        .locator("tr", { hasText: "the supervisor is hurt" })
        .locator("td", { hasText: "roles changed without a second person" })
        .waitFor();
}

/** What stands in these columns of a figure. */
async function columns(page, figure, names) {
    await go(page, `/figures?figure=${figure}`);
    await page.locator(`.figure-list a[aria-current][href*="figure=${figure}&"]`).waitFor();
    await page.locator("main tbody tr").first().waitFor();
    const all = await page.evaluate(async (name) => {
        const asked = await fetch(`/api/v1/figures/${name}`);
        return (await asked.json()).columns;
    }, figure);
    const rows = await page.locator("main tbody tr").all();
    const texts = await Promise.all(rows.map((each) => each.locator("td").allInnerTexts()));
    return names.flatMap((name) => texts.map((cells) => cells[all.indexOf(name)]));
}

/** In Chinese what closed lists say is Chinese in figures, too; it opens at the first one. */
export async function figure_words(t) {
    await t.ask("publish", "word-1", 2);
    await t.ask("stored", "word-1");
    const page = await inside(t, { who: "chief", language: "zh", address: "/figures" });
    await page.locator(".figure-list li:first-child a[aria-current]").waitFor();
    for (const [figure, names] of [
        ["figures", ["figure", "unit", "target", "met", "definition"]],
        ["compliance", ["duty", "what", "unit", "target", "met"]],
        ["alarms-now", ["priority"]],
        ["alarm-counts", ["hazard"]],
        ["alarms-heard", ["sound", "cause", "new_state"]],
        ["incidents-open", ["state", "priority"]],
        ["operators", ["what", "roles"]],
        ["operator-acts", ["ok"]],
    ]) {
        const texts = await columns(page, figure, names);
        assert.ok(
            texts.some((text) => /\p{Script=Han}/u.test(text)),
            figure,
        );
        assert.deepEqual(
            texts.filter((text) => /[A-Za-z]/.test(text)),
            [],
            figure,
        );
    }
    assert.ok((await columns(page, "alarms-now", ["title"])).includes("high at word-1")); // what people wrote stays
}
