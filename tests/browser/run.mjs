/*
 * Runs one case of cases.mjs or duties.mjs in a browser: `node run.mjs CASE`. What the case needs of the test stands in WARDWATCH_CASE; what
 * only the test can do is asked for by lines (see tests/integration/harness/browser.py).
 */
import { strict as assert } from "node:assert";
import readline from "node:readline";
import { chromium } from "playwright-core";
import * as bench from "./bench.mjs";
import * as general from "./cases.mjs";
import * as cuts from "./cuts.mjs";
import * as desk from "./desk.mjs";
import * as duties from "./duties.mjs";
import * as hostile from "./hostile.mjs";
import * as walks from "./walks.mjs";

const cases = { ...bench, ...general, ...cuts, ...desk, ...duties, ...hostile, ...walks };
const known = JSON.parse(process.env.WARDWATCH_CASE);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
];

async function ask(name, ...words) {
    process.stdout.write(JSON.stringify({ ask: name, with: words }) + "\n");
    const { value } = await lines.next();
    return JSON.parse(value).answer;
}

/** What the page should never say in the console: the refusals that a case provokes are named by it. */
function watch(page, problems) {
    page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
    page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" && !/Failed to load resource|ERR_/.test(text)) problems.push(`console: ${text}`);
    });
}

async function open(
    browser,
    { language = "en", theme = "dark", size = [1366, 768], session = null, script = true },
    problems,
) {
    const cookie = {
        name: "__Host-wardwatch",
        domain: "localhost",
        path: "/",
        expires: -1,
        httpOnly: true,
        secure: true,
    };
    const context = await browser.newContext({
        javaScriptEnabled: script,
        viewport: { width: size[0], height: size[1] },
        storageState: { cookies: session ? [{ ...cookie, value: session, sameSite: "Strict" }] : [], origins: [] },
    });
    await context.addInitScript(
        ([lang, look]) => {
            localStorage.setItem("wardwatch.language", lang);
            localStorage.setItem("wardwatch.theme", look);
        },
        [language, theme],
    );
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watch(page, problems);
    return page;
}

const browser = await chromium.launch({ executablePath: known.chromium, args: FLAGS });
const problems = [];
try {
    await cases[process.argv[2]]({
        base: known.base,
        given: known.given,
        shots: known.shots,
        ask,
        open: (how = {}) => open(browser, how, problems),
    });
    assert.deepEqual(problems, [], "the page reports errors");
    process.stdout.write('{"ok": true}\n');
} catch (error) {
    console.error(error);
    for (const [n, page] of browser
        .contexts()
        .flatMap((context) => context.pages())
        .entries())
        await page.screenshot({ path: `${known.shots}/failed-${process.argv[2]}-${n}.png` }).catch(() => undefined);
    process.exitCode = 1;
} finally {
    await browser.close();
    process.exit();
}
