/*
 * No case, but a measurement: tests/bench/page.py says what its numbers mean.
 *
 * Times depend on what else the machine does; the processor time of the page's main thread does so much less. It is what
 * to compare when the page is changed, and a profile of each phase says where it went.
 */
import fs from "node:fs/promises";
import { coldView, inside } from "./shared.mjs";

const round = (n, places = 1) => Math.round(n * 10 ** places) / 10 ** places;

function percentiles(times) {
    const sorted = [...times].sort((a, b) => a - b);
    const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1), n: sorted.length };
}

/** From an act on the page to the end of the frame that shows it, over and over. */
function frames(page, kind, n) {
    return page.evaluate(
        async ([what, times]) => {
            const grid = document.querySelector(".grid");
            const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            const found = [];
            for (let k = 0; k < times; k++) {
                await new Promise((done) => setTimeout(done, 30 + (k % 7) * 9));
                const begin = performance.now();
                if (what === "key") dispatchEvent(new KeyboardEvent("keydown", { key: k % 40 < 20 ? "j" : "k" }));
                else if (what === "wheel") grid.scrollTop += 138;
                else grid.scrollTop = (k * 7919) % (grid.scrollHeight - grid.clientHeight);
                await shown();
                found.push(performance.now() - begin);
            }
            return found;
        },
        [kind, n],
    );
}

/** What Chromium says of the page by its own protocol. */
class Devtools {
    constructor(session) {
        this.session = session;
    }

    static async of(page) {
        const session = await page.context().newCDPSession(page);
        await session.send("Performance.enable", { timeDomain: "threadTicks" });
        return new Devtools(session);
    }

    /** MiB that are still held after the garbage is collected. */
    async heap() {
        await this.session.send("HeapProfiler.collectGarbage");
        return Math.round((await this.session.send("Runtime.getHeapUsage")).usedSize / 2 ** 18) / 4;
    }

    /** Processor time of the main thread so far, ms. */
    async spent() {
        const { metrics } = await this.session.send("Performance.getMetrics");
        const of = (name) => 1000 * metrics.find((one) => one.name === name).value;
        return {
            task: of("TaskDuration"),
            script: of("ScriptDuration"),
            layout: of("LayoutDuration"),
            style: of("RecalcStyleDuration"),
        };
    }

    /** Does `what`; how long it took, ms, and what of the main thread. With a folder its profile goes there. */
    async during(name, folder, what) {
        if (folder) {
            await this.session.send("Profiler.enable");
            await this.session.send("Profiler.setSamplingInterval", { interval: 500 });
            await this.session.send("Profiler.start");
        }
        const [before, begin] = [await this.spent(), performance.now()];
        const value = await what();
        const [after, took] = [await this.spent(), performance.now() - begin];
        if (folder) {
            const { profile } = await this.session.send("Profiler.stop");
            await fs.writeFile(`${folder}/${name}.cpuprofile`, JSON.stringify(profile));
        }
        const spent = Object.fromEntries(Object.keys(after).map((each) => [each, after[each] - before[each]]));
        return { value, took, spent };
    }
}

/** Per act, ms, without what the page did besides: that much of a second (`rest`) it spends on transitions. */
function perAct({ spent, took }, n, rest) {
    return Object.fromEntries(
        Object.entries(spent).map(([name, ms]) => [name, round((ms - (rest[name] * took) / 1000) / n, 2)]),
    );
}

function perSecond({ spent, took }) {
    return Object.fromEntries(Object.entries(spent).map(([name, ms]) => [name, round((1000 * ms) / took, 1)]));
}

/** The log-in's form; and, for who has a session, the page that is live with its first rows. Each in the middle of a few. */
async function firstViews(t) {
    const views = [];
    for (let n = 0; n < 5; n++)
        views.push([
            await coldView(t, null, "#name"),
            await coldView(t, t.given.people.alice.session, ".app:has(.live:not(.no)) .grid-row"),
        ]);
    const middle = (which, name) => views.map((view) => view[which][name]).sort((a, b) => a - b)[2];
    const [login, first] = [0, 1].map((which) => middle(which, "took"));
    return { login, first, first_spent: middle(1, "spent"), script: views[0][1].script };
}

/** A new alarm of the top priority, from PUBLISH to the frame that has it; acknowledged, it makes room for the next. */
async function seenOnce(t, page, n) {
    const device = `seen-${String(n).padStart(4, "0")}`;
    const name = `critical at ${device}`;
    const sent = await t.ask("press", device, 3);
    const at = await page.waitForFunction((text) => window.seen.get(text), name).then((handle) => handle.jsonValue());
    await page.keyboard.press("Home");
    await page.locator(".grid-row.at", { hasText: name }).waitFor();
    await page.keyboard.press("a");
    await page.waitForSelector("dialog");
    await page.keyboard.press("2");
    await page.locator(".counts li >> nth=0 >> b", { hasText: /^0$/ }).waitFor();
    return at - sent;
}

async function seen(t, page, samples) {
    await page.evaluate(() => {
        window.seen = new Map();
        window.look = () => {
            for (const title of document.querySelectorAll(".grid-row .title"))
                if (/ at seen-/.test(title.textContent) && !window.seen.has(title.textContent))
                    window.seen.set(title.textContent, Date.now());
            requestAnimationFrame(window.look);
        };
        window.look();
        document.querySelector(".grid").scrollTop = 0;
    });
    await page.keyboard.press("Home");
    const times = [];
    for (let n = 0; n < samples; n++) times.push(await seenOnce(t, page, n));
    await page.evaluate(() => {
        window.look = () => undefined;
    });
    return times;
}

export async function bench(t) {
    const { samples, seconds, hours, profile } = await t.ask("bench");
    const view = await firstViews(t);
    const page = await inside(t);
    await page.waitForFunction(() => Number(document.querySelector(".grid").getAttribute("aria-rowcount")) > 1000);
    const devtools = await Devtools.of(page);
    const held = [await devtools.heap()];
    const storm = await devtools.during("storm", profile, () => page.waitForTimeout(10_000));
    const spent = { storm: perSecond(storm) };
    const found = {};
    for (const kind of ["key", "scroll", "wheel"]) {
        const phase = await devtools.during(kind, profile, () => frames(page, kind, samples * 2));
        found[kind] = percentiles(phase.value);
        spent[kind] = perAct(phase, samples * 2, spent.storm);
    }
    found.seen = percentiles((await devtools.during("seen", profile, () => seen(t, page, samples))).value);
    held.push(await devtools.heap());
    const end = performance.now() + Math.max(seconds * 1000, hours * 3_600_000);
    while (performance.now() < end) {
        await page.waitForTimeout(Math.max(0, Math.min(60_000, end - performance.now())));
        held.push(await devtools.heap());
    }
    const later = {};
    for (const kind of ["key", "scroll"]) later[kind] = percentiles(await frames(page, kind, samples));
    await t.ask("result", { ...found, ...view, spent, heap: held, later });
}
