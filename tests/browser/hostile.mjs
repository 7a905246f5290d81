/* What devices write is text, on every screen: markup, other directions of writing, controls, and more of it than fits. */
import { strict as assert } from "node:assert";
import { found, go, inside, row } from "./shared.mjs";

const SCRIPT = '<img src=x onerror="window.hurt=1"><script>window.hurt=1';
const NAMES = [SCRIPT, "turn \u202Eaway\u2066", "x".repeat(180)];
const SCREENS = [
    "",
    "incidents",
    "dispatch",
    "handover",
    "hidden",
    "map",
    "history?what=alarms",
    "history?what=events",
    "history?what=messages",
    "history?what=undecoded",
    "devices",
    "rules",
    "status",
    "wall",
];

async function harmless(page, where) {
    assert.equal(await page.evaluate(() => window.hurt), undefined, where);
    assert.equal(await page.locator("#app img, #app script").count(), 0, where);
    const text = await page.evaluate(() => document.querySelector("#app").innerText);
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/, where);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `/${where} is ${over} px too wide`);
}

export async function hostile(t) {
    const page = await inside(t, { who: "chief" });
    for (const name of NAMES) await t.ask("publish", name, 2);
    await t.ask("raw", "bulk/bell", JSON.stringify({ device: "bell \u0007\u001b[31m", number: 2 }));
    await t.ask("raw", "bulk/long", `{"device": "${"w".repeat(10240)}", "number": 2}`); // refused or cut, and shown all the same
    await t.ask("raw", "bulk/markup", SCRIPT);
    await found(page, "<img src=x");
    await found(page, "⟨U+202E⟩");
    await t.ask("stored", NAMES[0]);
    for (const address of SCREENS) {
        await go(page, `/${address}`);
        await page.waitForSelector("h1");
        await page.waitForFunction(() => !/Loading/.test(document.querySelector("main").textContent));
        await harmless(page, address);
    }
    await go(page, "/history?what=alarms");
    await page.locator("td", { hasText: "<img src=x" }).first().waitFor(); // as text
    await go(page, "/");
    await found(page, "<img src=x");
    await row(page, "<img src=x").dblclick();
    await page.locator("h1", { hasText: "<img src=x" }).waitFor();
    await page.locator(".events li").first().waitFor();
    await harmless(page, "alarm");
    await page.locator('.facts a[href^="/incident/"]').click();
    await page.locator(".steps li").first().waitFor();
    await harmless(page, "incident");
}
