/* The department's duties as people do them in the page: records of every kind, and the form for hints. */
import { strict as assert } from "node:assert";
import { axe, inside, row } from "./shared.mjs";

/** An instant as a field of the browser takes it. */
function soon(days) {
    const at = new Date(Date.now() + days * 86_400_000);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

async function fill(page, fields) {
    for (const [name, value] of Object.entries(fields)) {
        const input = page.locator(`#ask-${name}`);
        if ((await input.evaluate((one) => one.tagName)) === "SELECT") await input.selectOption(value);
        else if ((await input.getAttribute("type")) === "checkbox") await input.setChecked(value === "yes");
        else await input.fill(value);
    }
}

/** Sends the dialog, which is taken. */
async function send(page) {
    await page.click("dialog button[type=submit]");
    await page.locator("dialog").waitFor({ state: "detached" });
}

async function press(page, label) {
    await page.click(`.deeds button:has-text("${label}")`);
    await page.waitForSelector("dialog");
}

const stands = (page, state) => page.locator(".alarm-head strong", { hasText: state }).waitFor();
const number = (page) => page.locator(".page-aside .dim").innerText();

/* --- a report to an authority: what the notifier has of it --- */

export async function report(t) {
    const page = await inside(t, { address: "/records?kind=report" });
    await page.locator(".panel h2", { hasText: "Report to an authority" }).waitFor();
    await page.keyboard.press("n");
    await page.waitForSelector("dialog");
    await fill(page, {
        what: "Theft of a centrifuge",
        authority: "public security organ",
        addressee: "public-security",
        legal_basis: "art. 8",
        deadline: soon(1),
    });
    await send(page);
    await page.locator("h1", { hasText: "Theft of a centrifuge" }).waitFor();
    await press(page, "Sign and send");
    await fill(page, { facts: "It was there in the evening", measures: "Doors locked" });
    await send(page);
    await stands(page, "sent");
    const sent = page.locator(".sendings li", { hasText: "public-security · authority" });
    await sent.filter({ hasText: "not sent yet" }).waitFor(); // no notifier runs here
    await press(page, "A corrected one takes its place");
    await fill(page, { reason: "two of them", facts: "Two were there in the evening" });
    await send(page);
    await sent.filter({ hasText: "withdrawn" }).waitFor();
}

/* --- an inspection with a finding, to its recheck: the first half by keyboard alone --- */

export async function inspection(t) {
    const page = await inside(t, { address: "/records?kind=inspection" });
    await page.locator(".panel h2", { hasText: "Inspection" }).waitFor();
    await page.keyboard.press("n");
    await page.waitForSelector("dialog");
    await page.keyboard.type("Pharmacy, by hand");
    for (const [name, text] of [
        ["zone", "W3"],
        ["inspector", "alice"],
        ["checklist", "door closes\nsafe locked"],
    ]) {
        await page.locator(`#ask-${name}`).focus();
        await page.keyboard.type(text);
    }
    await page.locator("#ask-zone").focus();
    await page.keyboard.press("Enter"); // due_at is missing: the browser says so, and nothing is sent
    await page.waitForSelector("#ask-due_at:invalid");
    await page.fill("#ask-due_at", soon(1));
    await page.locator("#ask-zone").focus();
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "Pharmacy, by hand" }).waitFor();
    await stands(page, "planned");
    const inspected = await number(page);

    await page.keyboard.press("a"); // to the acts
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog");
    await page.locator("#ask-inspector").focus();
    await page.keyboard.press("Enter");
    await stands(page, "under-way");
    await page.locator('button[aria-label="safe locked: In order"]').focus();
    await page.keyboard.press("Enter");
    await page.locator("li", { hasText: "safe locked" }).filter({ hasText: "alice" }).waitFor();

    await press(page, "Answer an item");
    await fill(page, { item: "door closes", result: "bad", note: "the closer is worn" });
    await send(page);
    await page.locator("li", { hasText: "Not in order" }).waitFor();
    await press(page, "A hidden danger was found");
    await fill(page, { what: "The door does not close", level: "major", owner: "bob", due_at: soon(2) });
    await send(page);
    await press(page, "Finish and sign");
    await page.locator("dialog", { hasText: "You sign it with your name." }).waitFor();
    await fill(page, { outcome: "findings" });
    await send(page);
    await stands(page, "done");
    assert.equal((await t.ask("row", inspected, "done")).fields.signature.by, "alice");

    await page.click("a:has-text('The door does not close')"); // what came of it
    await stands(page, "open");
    const danger = await number(page);
    const other = await inside(t, { who: "bob", address: new URL(page.url()).pathname });
    await press(other, "It is put right");
    await fill(other, { measure: "A new closer" });
    await other.setInputFiles("#ask-evidence", {
        name: "closer.txt",
        mimeType: "text/plain",
        buffer: Buffer.from("abc"),
    });
    await other.fill("#ask-evidence-where", "vault/closer.txt");
    await send(other);
    await other.locator("code", { hasText: /^ba7816bf8f01cfea414140de5dae2223/ }).waitFor();
    assert.ok(await other.locator(".deeds button:has-text('Rechecked by another person')").isDisabled()); // not by him
    await press(page, "Rechecked by another person");
    await send(page);
    await stands(page, "Rechecked");
    const row_ = await t.ask("row", danger, "closed");
    assert.deepEqual([row_.by.rectify.by, row_.by.recheck.by, row_.origin], ["bob", "alice", inspected]);
    await page.locator("li", { hasText: "It is put right" }).filter({ hasText: "bob" }).waitFor(); // its course
    await axe(page, "a record");
}

/* --- a visitor's day: over the permit's end, in a wrong zone, longer, gone --- */

export async function visitor(t) {
    const page = await inside(t, { gathered: true });
    const name = await t.ask("arrive", "Li Wei", "V-99", "W3", "1s");
    await row(page, "visitor is still inside").filter({ hasText: name }).click();
    await page.locator(".queue-side .facts a", { hasText: name }).click();
    await page.locator("h1", { hasText: "Li Wei" }).waitFor();
    await page.locator(".late", { hasText: "after the permit ended" }).waitFor();
    await press(page, "A longer stay");
    await fill(page, { valid_until: soon(1), reason: "the doctor is late" });
    await page.fill("#ask-zones", "W3");
    await page.locator(".many-of input[type=checkbox]").first().waitFor();
    await send(page);
    await page.waitForFunction(() => !document.querySelector(".panel .late"));

    await t.ask("badge", "V-99", "door-server");
    await page.locator("li", { hasText: "Device: door-server" }).waitFor(); // where else the badge was seen
    const astray = await t.ask("alarm", "visitor-astray", name);
    assert.equal(astray.zone, "server-room");
    await page.goto(`${t.base}/alarm/${astray.id}`);
    await page.locator("h1, h2", { hasText: "which the permit does not name" }).first().waitFor();
    await page.locator(".facts a", { hasText: "Li Wei" }).first().click();
    await press(page, "The visitor left");
    await send(page);
    await stands(page, "left");
    await page.goto(`${t.base}/records?kind=visitor&show=over`);
    await page.locator("td a", { hasText: name }).waitFor();
}

/* --- a hint: given without script and without a name, weighed, answered, read --- */

export async function tip(t) {
    const outside = await t.open({ script: false });
    await outside.goto(t.base + "/tips?lang=zh");
    await outside.locator("h1", { hasText: "向保卫部门反映情况" }).waitFor();
    await outside.click("nav a");
    await outside.locator("h1", { hasText: "Tell the security department" }).waitFor();
    await outside.fill("#text", "A man tries <b>the doors</b> at night");
    await outside.fill("#place", "east gate");
    await outside.click("form[action='/tips'] button");
    const given = await outside.locator("#number").innerText();
    assert.match(given, /^([2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5}$/);

    const ask = async (said) => {
        await outside.goto(t.base + "/tips?lang=en");
        await outside.fill("#number-asked", given.toLowerCase().replaceAll("-", " "));
        await outside.click("form[action='/tips/answer'] button");
        await outside.locator(".said", { hasText: said }).first().waitFor();
    };
    await ask("waits to be looked at");

    const page = await inside(t, { address: "/records?kind=tip" });
    const incident = await t.ask("incident");
    await page.locator("tr", { hasText: "A man tries <b>the doors</b>" }).locator("a").click();
    await page.locator("dd", { hasText: "east gate" }).waitFor();
    assert.equal(await page.locator("h1 b").count(), 0); // text, never markup
    const named = await number(page);
    await press(page, "Weigh it");
    await fill(page, { weight: "serious", incident: String(incident) });
    await send(page);
    await page.locator(".facts a", { hasText: `Incident ${incident}` }).waitFor();
    await ask("being looked into");
    await press(page, "Answer it");
    await fill(page, { answer: "A guard walks there now.", outcome: "confirmed" });
    await send(page);
    await stands(page, "answered");
    assert.equal((await t.ask("row", named, "answered")).fields.from, undefined);
    await ask("This is the answer");
    await outside.locator("#answer", { hasText: "A guard walks there now." }).waitFor();
    await page.goto(`${t.base}/incident/${incident}`);
    await outside.goto(t.base + "/tips?lang=en");
    await outside.fill("#number-asked", "22222-22222-22222-22222");
    await outside.click("form[action='/tips/answer'] button");
    await outside.locator(".said", { hasText: "nothing under this number" }).waitFor();
}

/* --- a drill, which leaves the figures as they were --- */

export async function drill(t) {
    const page = await inside(t, { address: "/records?kind=drill" });
    const before = await t.ask("figures");
    await page.click("button:has-text('Plan a drill')");
    await fill(page, { scenario: "Code pink by night", held_at: soon(0) });
    await send(page);
    await stands(page, "planned");
    const address = page.url();
    await press(page, "It begins");
    await send(page);
    await stands(page, "running");
    await page.goto(t.base + "/status");
    await page.click('button[aria-label="Fire drill: Switch on"]');
    await page.locator(".banner", { hasText: "All that happens now is an exercise" }).waitFor();
    const alarm = await t.ask("event", "panic", "W3");
    assert.equal(alarm.exercise, true);
    await page.click('button[aria-label="Fire drill: Switch off"]');
    await page.locator(".banner", { hasText: "exercise" }).waitFor({ state: "detached" });
    await page.goto(address);
    await press(page, "It is over");
    await send(page);
    await stands(page, "held");
    await press(page, "What was learnt");
    await fill(page, { lessons: "The stairs were not watched" });
    await send(page);
    await stands(page, "evaluated");
    await t.ask("stored", alarm.id);
    assert.deepEqual(await t.ask("figures"), before);
}

/* --- another kind by YAML alone, in Chinese; and what is not open to everybody --- */

export async function sixteenth(t) {
    const page = await inside(t, { address: "/records", language: "zh" });
    await page.click(".tabs button:has-text('Lost property')");
    await page.click("button:has-text('find')");
    await page.locator("label", { hasText: "（必填）" }).first().waitFor();
    await fill(page, { what: "a red umbrella", zone: "nowhere-at-all" });
    await page.click("dialog button[type=submit]");
    await page.locator("dialog .problem", { hasText: "is no zone of the site" }).waitFor(); // and what was said is still there
    assert.equal(await page.locator("#ask-what").inputValue(), "a red umbrella");
    await fill(page, { zone: "W3" });
    await send(page);
    await page.locator("h1", { hasText: "a red umbrella" }).waitFor();
    await page.locator(".late", { hasText: "kept too long" }).first().waitFor(); // its clock
    await press(page, "return");
    await fill(page, { owner: "Ms Li" });
    await send(page);
    await stands(page, "已归还");

    const chief = await inside(t, { address: "/records?kind=case" });
    await chief.keyboard.press("n");
    await fill(chief, { subject: "Two families", class: "mediation", parties: "Li\nWang" });
    await send(chief);
    await chief.locator("dd", { hasText: "Li, Wang" }).waitFor();
    const address = new URL(chief.url()).pathname;
    const olga = await inside(t, { who: "olga", address: "/records" });
    await olga.locator(".tabs button", { hasText: "Inspection" }).first().waitFor();
    assert.equal(await olga.locator(".tabs button", { hasText: "Education or dispute" }).count(), 0);
    await olga.goto(t.base + address);
    await olga.locator(".problem, .empty").first().waitFor();
    assert.equal(await olga.locator("text=Wang").count(), 0);
}
