/* What stands in a column, in the words of the screen: of closed lists from the catalogue, all else as it is. */
import "./globals";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { kinds, type Kind } from "page/core/kinds";
import { language } from "page/core/settings";
import { valueText } from "page/parts/values";

const REPORT = {
    kind: "report",
    title: "Report to an authority",
    states: [{ state: "sent", title: "sent", over: false }],
    acts: [{ act: "sign", title: "Sign and send" }],
    clocks: [{ clock: "deadline", title: "statutory report not sent in time" }],
} as unknown as Kind;

beforeEach(() => {
    kinds.value = [REPORT];
    language.value = "zh";
});

test("words of closed lists", () => {
    for (const [name, value, said] of [
        ["priority", "critical", "紧急"],
        ["began_priority", "high", "高"],
        ["hazard", "fire", "火灾"],
        ["new_state", "ACKED", "已确认"],
        ["ended_cause", "ACKNOWLEDGE", "确认"],
        ["outcome", "nuisance", "误扰"],
        ["roles", ["operator", "auditor"], "值班员, 审计员"],
        ["met", true, "是"],
        ["actor", "timer", "定时"],
        ["act", "incident-close", "关闭"],
    ] as const)
        assert.equal(valueText("any", name, value), said, name);
});

test("names of people, rules and what was written stay", () => {
    for (const [name, value] of [
        ["actor", "alice"],
        ["rule", "high"],
        ["title", "fire"],
        ["reason", "critical"],
        ["name", "dispatch"], // of a person, or a thing
        ["priority", "none of ours"],
    ] as const)
        assert.equal(valueText("operators", name, value), value, name);
    assert.equal(valueText("commands", "name", "dispatch"), "派遣");
    assert.equal(valueText("any", "priority", null), "");
});

test("a state is that of its subject", () => {
    const state = (subject: string, value: string) => valueText("zone-story", "state", value, { subject });
    assert.equal(state("incident 7", "closed"), "已关闭");
    assert.equal(state("dispatch 3", "sent"), "途中");
    assert.equal(state("notification 3", "sent"), "已发送");
    assert.equal(state("report R-1", "sent"), "已报送");
    assert.equal(state("alarm 4", "UNACK"), "未确认");
    assert.equal(valueText("statutory", "state", "sent"), "已报送");
    assert.equal(valueText("incident-told", "state", "given-up"), "已放弃");
});

test("subjects, acts of records, clocks, and how somebody knew", () => {
    assert.equal(valueText("zone-story", "subject", "alarm 4"), "报警 4");
    assert.equal(valueText("zone-story", "subject", "report R-1"), "向主管机关报告 R-1");
    assert.equal(valueText("changes", "subject", "note"), "记录");
    assert.equal(valueText("operator-acts", "act", "report sign"), "向主管机关报告: 签署并报送");
    assert.equal(valueText("records-overdue", "clock", "deadline", { kind: "report" }), "法定报告未按时报送");
    assert.equal(valueText("incident-known", "how", "announced: alarm 4"), "已宣告: 报警 4");
    assert.equal(valueText("incident-known", "how", "not told by sms: failed"), "未能经sms通知：失败，重试中");
    language.value = "en";
    assert.equal(valueText("incident-known", "how", "acknowledge: alarm 4"), "acknowledged: Alarm 4");
    assert.equal(valueText("zone-story", "subject", "incident 7"), "Incident 7");
});

test("measures, with their numbers", () => {
    assert.equal(valueText("figures", "figure", "urgent, within 30 s"), "紧急类，30秒内");
    assert.equal(valueText("figures", "target", "≤ 150; from 300 on to be reduced"), "≤ 150；达到300须削减");
    assert.equal(valueText("figures", "target", "≥ 98.5"), "≥ 98.5");
    assert.equal(valueText("alarms-now", "title", "alarm rate"), "alarm rate");
    language.value = "en";
    assert.equal(valueText("figures", "figure", "urgent, within 30 s"), "urgent, within 30 s");
    assert.equal(valueText("response-times", "what", "dispose"), "dispose");
});
