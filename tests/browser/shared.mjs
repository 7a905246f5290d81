/* What the cases share: the way in, rows of the queue, and axe. */
import { strict as assert } from "node:assert";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export async function enter(page, base, name, password, address = "/") {
    await page.goto(base + address);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.click("button[type=submit]");
    await page.waitForSelector(".app, .wall");
}

/** With a session that the house has made, if it has: each case would wait for the password to be checked. */
export async function inside(t, how = {}) {
    const { name, password, session = null } = t.given.people[how.who ?? "alice"];
    const page = await t.open({ ...how, session });
    if (session) await page.goto((how.base ?? t.base) + (how.address ?? "/"));
    else await enter(page, how.base ?? t.base, name, password, how.address);
    await page.waitForSelector(".live:not(.no)");
    if (!how.address && !how.gathered) await spread(page);
    return page;
}

/** A flood goes on from the start (the house sees to it): all rows by themselves. */
export async function spread(page) {
    await page.locator(".banner", { hasText: /Alarm flood|报警泛滥/ }).waitFor();
    await page.keyboard.press("c");
}

/**
 * KiB of script, compressed, that have come when `wanted` stands on a page whose cache is cold; after how many ms, and how many of
 * them the page's main thread was at work.
 */
export async function coldView(t, session, wanted) {
    const page = await t.open({ session });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    const scripts = [];
    page.on("response", (response) => response.request().resourceType() === "script" && scripts.push(response));
    const begin = performance.now();
    await page.goto(t.base + "/", { waitUntil: "commit" });
    await page.waitForSelector(wanted);
    const took = Math.round(performance.now() - begin);
    const { metrics } = await devtools.send("Performance.getMetrics");
    const spent = Math.round(1000 * metrics.find((one) => one.name === "TaskDuration").value);
    let bytes = 0;
    for (const response of scripts) {
        await response.finished();
        bytes += (await response.request().sizes()).responseBodySize;
    }
    await page.context().close();
    return { took, spent, script: Math.round(bytes / 102.4) / 10 };
}

export const row = (page, text) => page.locator(".grid-row", { hasText: text });
export const state = (page, text, wanted) =>
    row(page, text)
        .locator("span.state", { hasText: new RegExp(`^(${wanted})$`) })
        .waitFor();

/** What was asked of the page is drawn. */
const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));

/** The row has come, wherever in the queue it stands: rows out of view are not drawn, so page by page from the first one. */
export async function found(page, text, timeout = 20_000) {
    for (const end = Date.now() + timeout; Date.now() < end;) {
        await page.keyboard.press("Home");
        for (let last = false; !last && Date.now() < end; await page.keyboard.press("PageDown")) {
            await drawn(page);
            const rows = await page.locator(".grid").getAttribute("aria-rowcount");
            last = (await page.locator(`.grid-row.at[aria-rowindex="${rows}"]`).count()) > 0;
            if (await row(page, text).count()) return;
        }
    }
    assert.fail(`no row ${text}`);
}

/** The row is meant: j until it is. */
export async function mean(page, text) {
    await found(page, text);
    await page.keyboard.press("Home");
    for (let n = 0; n < 90; n++) {
        await drawn(page);
        if (await page.locator(".grid-row.at", { hasText: text }).count()) return;
        await page.keyboard.press("j");
    }
    assert.fail(`${text} is never meant`);
}

export async function axe(page, where) {
    await page.evaluate(await readAxe());
    const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
    assert.deepEqual(
        serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`),
        [],
        where,
    );
}

let axeText = "";
async function readAxe() {
    if (!axeText) axeText = await (await import("node:fs/promises")).readFile(AXE, "utf8");
    return axeText;
}

/** As a link does, without loading the page anew. */
export async function go(page, address) {
    await page.evaluate((to) => {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
    }, address);
}
