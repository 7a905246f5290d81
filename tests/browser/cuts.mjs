/*
 * Something between the sensor and the eye is gone, and comes back: the page says so, holds what is done, and then shows what the
 * engine has, without being loaded anew.
 */
import { strict as assert } from "node:assert";
import { found, go, inside, mean, row, state } from "./shared.mjs";

async function notLive(page) {
    await page.locator(".not-live", { hasText: "NOT LIVE" }).waitFor();
}

async function liveAgain(page) {
    await page.locator(".not-live").waitFor({ state: "detached", timeout: 60_000 });
}

/** It is the page that was opened, not another one that was loaded in its place. */
async function mark(page) {
    await page.evaluate(() => (window.first = true));
}

/** The numbers of all rows, by scrolling through them. */
async function numbers(page) {
    return page.evaluate(async () => {
        const grid = document.querySelector(".grid");
        const found = [];
        for (let top = 0; ; top += grid.clientHeight / 2) {
            grid.scrollTop = top;
            await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
            found.push(
                ...[...grid.querySelectorAll(".grid-row")].map((one) => [Number(one.id.slice(4)), one.ariaRowIndex]),
            );
            if (top + grid.clientHeight >= grid.scrollHeight) break;
        }
        grid.scrollTop = 0;
        const places = new Map(found);
        if (places.size !== new Set(places.values()).size) throw new Error("two rows at one place");
        return [...places.keys()].sort((a, b) => a - b);
    });
}

/** What the page shows is what the engine has: no row lost, none doubled. Waits for the same, for both are asked one by one. */
async function same(page, t) {
    const hidden = ["NORM", "SHLVD", "DSUPR", "OOSRV"];
    const wanted = async () =>
        (await t.ask("alarms"))
            .filter((alarm) => !hidden.includes(alarm.state))
            .map((alarm) => alarm.id)
            .sort((a, b) => a - b);
    for (let n = 0; n < 20; n++) {
        const [shown, known] = [await numbers(page), await wanted()];
        if (JSON.stringify(shown) === JSON.stringify(known)) break;
        await page.waitForTimeout(100);
    }
    assert.deepEqual(await numbers(page), await wanted());
    assert.equal(await page.evaluate(() => window.first), true, "the page was loaded anew");
}

export async function console_killed(t) {
    const page = await inside(t);
    await mark(page);
    await t.ask("publish", "cut-1", 2);
    await found(page, "cut-1");
    await t.ask("freeze", "console");
    await notLive(page);
    await mean(page, "cut-1");
    await page.keyboard.press("s"); // held, not lost
    await page.locator(".banner.held").waitFor();
    await t.ask("publish", "cut-2", 2);
    await t.ask("thaw", "console");
    await liveAgain(page);
    await row(page, "cut-1").locator(".tag", { hasText: "silenced" }).waitFor();
    await row(page, "cut-2").waitFor();
    await same(page, t);
    await t.ask("kill", "console");
    await t.ask("publish", "cut-3", 2);
    await found(page, "cut-3", 60_000); // a restart ends no session
    await liveAgain(page);
    await same(page, t);
}

export async function engine_killed(t) {
    const page = await inside(t);
    await mark(page);
    await t.ask("publish", "eng-1", 2);
    await found(page, "eng-1");
    await t.ask("freeze", "engine");
    await notLive(page);
    await t.ask("thaw", "engine");
    await liveAgain(page);
    await t.ask("kill", "engine");
    await t.ask("publish", "eng-2", 2);
    await found(page, "eng-2", 60_000);
    await liveAgain(page);
    await same(page, t);
}

/** Nothing passes either way, and no connection ends: as a switch without power does it. The loss is heard, too. */
export async function network_cut(t) {
    const page = await inside(t, { base: await t.ask("through_proxy") });
    await mark(page);
    await t.ask("publish", "net-1", 2);
    await mean(page, "net-1");
    await t.ask("cut", true);
    await notLive(page);
    await page.locator(".sounding", { hasText: "not live" }).waitFor();
    await page.keyboard.press("S");
    await page.locator(".sounding").waitFor({ state: "detached" });
    await page.keyboard.press("s");
    await page.locator(".banner.held").waitFor();
    await t.ask("publish", "net-2", 2);
    await page.locator(".not-live", { hasText: /3\d s old/ }).waitFor({ timeout: 60_000 }); // it counts on: half a minute
    assert.equal(await row(page, "net-2").count(), 0);
    await t.ask("cut", false);
    await liveAgain(page);
    await row(page, "net-2").waitFor();
    await row(page, "net-1").locator(".tag", { hasText: "silenced" }).waitFor();
    await same(page, t);
}

/** What the system says of itself is said in the language of the screen, and its advice can be read without the history. */
async function ownAlarm(t) {
    const [title, advice] = ["数据库无法连接：由日志缓存", "section[aria-label='规则']"];
    const page = await inside(t, { who: "chief", language: "zh" });
    const picture = async (name) =>
        process.env.WARDWATCH_SCREENSHOTS && page.screenshot({ path: `${t.shots}/${name}-own-zh.png` });
    await mean(page, title);
    await picture("queue");
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: title }).waitFor();
    await page.locator(advice, { has: page.locator("code", { hasText: "systemctl status postgresql" }) }).waitFor();
    const lines = await page.locator(`${advice} p, ${advice} li`).allInnerTexts();
    assert.equal(lines.length, 4);
    for (const line of lines) assert.match(line, /\p{Script=Han}/u);
    await picture("alarm");
    await page.locator('.facts a[href^="/incident/"]').click();
    await page.locator("h1", { hasText: title }).waitFor();
    await page.locator("li a", { hasText: title }).waitFor();
    await go(page, "/rules?rule=system/database-lost");
    await page.locator("summary b", { hasText: title }).waitFor();
    await page.locator("details[open] p", { hasText: lines[0] }).waitFor();
    await page.context().close();
}

/** Alarms and acts need no database; what needs it says so, and has it again when it is there. */
export async function database_down(t) {
    const page = await inside(t, { who: "chief" });
    await mark(page);
    await t.ask("publish", "db-1", 3);
    await mean(page, "db-1");
    await t.ask("database", false);
    await page.locator(".banner", { hasText: "History is away" }).waitFor();
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    await page.keyboard.press("2");
    await state(page, "db-1", "Acknowledged");
    await t.ask("publish", "db-2", 3);
    await row(page, "db-2").waitFor();
    await ownAlarm(t);
    await page.click("nav >> text=History");
    await page.locator(".problem", { hasText: "the database is away" }).waitFor();
    await t.ask("database", true);
    await page.locator(".banner", { hasText: "History is away" }).waitFor({ state: "detached", timeout: 60_000 });
    await t.ask("stored", "db-2");
    await page.click("button:has-text('Try again')");
    await page.locator("td", { hasText: "db-2" }).first().waitFor();
    await page.click("nav >> text=Live queue");
    await row(page, "db-2").waitFor();
    await same(page, t);
}
