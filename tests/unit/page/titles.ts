/* Titles that the system gives, in the language of the screen; and what its own rules say. */
import "./globals";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { language } from "page/core/settings";
import { partsOf, ruleThatRaised, titleOf } from "page/core/rules";
import { valueText } from "page/parts/values";
import { titleText } from "page/text/titles";

const LOST = "Connection to the broker lost";
const BACKWARD = { rule: "system/clock", hash: "", title: "Clock was set back", text: "backward\n\nnothing\n" };
const FORWARD = {
    rule: "system/clock",
    hash: "",
    title: "Clock jumped forward: not followed until confirmed",
    text: "forward\n\nconfirm it\n",
};

beforeEach(() => {
    language.value = "zh";
});

test("a title of the system's own, with its subject and its text", () => {
    for (const [written, shown] of [
        [LOST, "与消息代理的连接中断"],
        [`${LOST} (urgent)`, "与消息代理的连接中断（urgent）"],
        [`${LOST}: timed out (60 s)`, "与消息代理的连接中断：timed out (60 s)"],
        [`${LOST} (bulk): refused: not authorized`, "与消息代理的连接中断（bulk）：refused: not authorized"],
        [`${LOST} (bulk): connection closed`, "与消息代理的连接中断（bulk）：连接已关闭"],
        [
            `${LOST} (bulk): connection refused for user "w": the broker says that it is busy (0x89)`,
            "与消息代理的连接中断（bulk）：用户“w”的连接被拒绝：消息代理称其繁忙（0x89）",
        ],
        [
            "Records were trimmed before the database had them (inputs 5 to 7): inputs 5 to 7 were trimmed from the journal before they were stored",
            "部分记录在存入数据库之前已被清理（输入 5 至 7）：输入 5 至 7 在存储之前已从日志中清理",
        ],
        [`${LOST} (bulk): Success (0x00)`, "与消息代理的连接中断（bulk）：Success（0x00）"],
        [
            "Snapshot could not be written: cannot be begun: error 28; it is tried again",
            "快照无法写入：无法开始：错误 28；将再次尝试",
        ],
        [
            "Journal nearly full: intake waits at the broker (bulk): map 85 % full: this session's messages wait at the broker",
            "日志将满：消息在消息代理处等待（bulk）：空间已用 85 %：此会话的消息在消息代理处等待",
        ],
        [`${LOST} (a (b)): c`, "与消息代理的连接中断（a (b)）：c"],
        [`${LOST} (a topic that was c`, "与消息代理的连接中断（a topic that was c）"],
        [`${LOST}: two\nlines`, "与消息代理的连接中断：two\nlines"],
        ["Journal nearly full: intake waits at the broker (bulk)", "日志将满：消息在消息代理处等待（bulk）"],
    ] as const)
        assert.equal(titleText(written), shown);
});

test("what others wrote stays, and in English all of it", () => {
    for (const written of ["", "Fire in ward 3", `${LOST}, they say`, `Why: ${LOST}`, "toString", "constructor: x"])
        assert.equal(titleText(written), written);
    language.value = "en";
    assert.equal(titleText(`${LOST} (urgent)`), `${LOST} (urgent)`);
    assert.equal(partsOf(FORWARD).words, "forward\n\nconfirm it");
});

test("in figures and in the history a title and what tells one are shown so, nothing else", () => {
    assert.equal(valueText("alarms", "title", LOST), "与消息代理的连接中断");
    assert.equal(valueText("zone-story", "text", LOST), "与消息代理的连接中断");
    assert.equal(valueText("notifications", "text", LOST), LOST);
    assert.equal(valueText("alarms", "reason", LOST), LOST);
    assert.equal(valueText("notices", "name", "intake-blind"), "接收滞后或中断（intake-blind）");
    assert.equal(valueText("notices", "text", "orderly stop"), "正常停止");
    assert.equal(valueText("notices", "name", "toString"), "toString");
    language.value = "en";
    assert.equal(valueText("notices", "name", "intake-blind"), "intake-blind");
    assert.equal(valueText("notices", "text", "orderly stop"), "orderly stop");
});

test("a rule of the system's own says in Chinese what it means, the one that raised the alarm", () => {
    const both = [BACKWARD, FORWARD];
    const rule = ruleThatRaised(both, `${FORWARD.title}: confirm with \`wardwatch clock confirm\``)!;
    assert.equal(rule, FORWARD);
    assert.equal(titleOf(rule), "时钟向前跳变：确认之前不予采用");
    assert.match(partsOf(rule).words, /^本机时钟向前跳变[^\n]*\n\n[^\n]*`wardwatch clock confirm`。\n[^\n]*$/);
    assert.equal(ruleThatRaised(both, "what an older version called it"), BACKWARD);
    assert.equal(ruleThatRaised([], FORWARD.title), undefined);
});

test("a rule that nobody has in Chinese is shown as it is", () => {
    assert.equal(
        partsOf({ rule: "system/new", hash: "", title: "New", text: "what it means\n" }).words,
        "what it means",
    );
    const own = { rule: "r", hash: "5f", title: LOST, text: "r:\n  when: x\n  examples:\n    - y\n" };
    assert.deepEqual(partsOf(own), { words: "r:\n  when: x", examples: "  examples:\n    - y" });
});
