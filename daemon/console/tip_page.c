#include "console/tip_page.h"

#include "report/markup.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHA256_BYTES 32

static const char style[] =
        "body{margin:0;background:#e1e4e6;color:#16191c;font:17px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC',"
        "'Microsoft YaHei',sans-serif}main{max-width:40rem;margin:0 auto;padding:1rem 1.2rem 3rem}h1{font-size:1.5rem}"
        "h2{font-size:1.15rem;margin-top:2.5rem}label{display:block;margin-top:1rem;font-weight:600}"
        "small{font-weight:400;color:#454b51}textarea,input,button{font:inherit;width:100%;box-sizing:border-box;"
        "padding:.5rem;border:1px solid #6b7177;border-radius:4px;background:#fff;color:inherit}"
        "button{margin-top:1.2rem;background:#16191c;color:#fff;font-weight:600;cursor:pointer}"
        ":focus-visible{outline:3px solid #0b57b0;outline-offset:2px}.said{border-left:6px solid "
        "#16191c;background:#fff;"
        "padding:.7rem 1rem;overflow-wrap:anywhere;white-space:pre-line}.code{font:700 1.25rem ui-monospace,monospace}"
        "nav{text-align:right}";

/* --- the words --- */

enum tip_word {
        WORD_TITLE,
        WORD_LEAD,
        WORD_TEXT,
        WORD_PLACE,
        WORD_FROM,
        WORD_FROM_HINT,
        WORD_REPLY,
        WORD_REPLY_HINT,
        WORD_SEND,
        WORD_ASK,
        WORD_ASK_LEAD,
        WORD_REFERENCE,
        WORD_LOOK,
        WORD_AGAIN,
        WORD_URGENT,
        WORD_MAX_,
};

static const char *const words[WORD_MAX_][TIP_LANGUAGES] = {
        [WORD_TITLE] = { "Tell the security department", "向保卫部门反映情况" },
        [WORD_LEAD] = { "What did you see or hear? You need not say who you are. Neither your address nor anything "
                        "else about "
                        "you is kept with what you write.",
                        "您看到或听到了什么？无需说明身份。系统不会随内容保存您的地址或其他个人信息。" },
        [WORD_TEXT] = { "What is it?", "情况说明" },
        [WORD_PLACE] = { "Where?", "地点" },
        [WORD_FROM] = { "Who are you?", "您是谁？" },
        [WORD_FROM_HINT] = { "Leave it empty to stay anonymous.", "留空即为匿名。" },
        [WORD_REPLY] = { "Where may an answer be sent?", "回复发送到哪里？" },
        [WORD_REPLY_HINT] = { "You can also read it here, with the number that you get.",
                              "您也可以凭编号在此查看答复。" },
        [WORD_SEND] = { "Send", "提交" },
        [WORD_ASK] = { "Read the answer", "查看答复" },
        [WORD_ASK_LEAD] = { "With the number that you got. Whoever has it can read the answer.",
                            "请输入提交后得到的编号。持有编号者可查看答复。" },
        [WORD_REFERENCE] = { "Number", "编号" },
        [WORD_LOOK] = { "Look", "查询" },
        [WORD_AGAIN] = { "中文", "English" }, /* the way to the other language */
        [WORD_URGENT] = { "Is somebody in danger now? Do not write: call.",
                          "如有人正处于危险之中，请勿填写表格，立即拨打电话。" },
};

static const char *const said[TIP_SAID_MAX_][TIP_LANGUAGES] = {
        [TIP_SAID_TAKEN] = { "Thank you. It has been received. Write this number down: with it you can read the answer "
                             "here. "
                             "It is shown only once.",
                             "谢谢，已收到。请记下此编号，凭它可在此查看答复。编号只显示这一次。" },
        [TIP_SAID_EMPTY] = { "Nothing was written. Say what it is about.", "没有内容，请说明情况。" },
        [TIP_SAID_LONG] = { "That is too long. Go back and say it in fewer words.", "内容过长，请返回并精简。" },
        [TIP_SAID_MALFORMED] = { "That could not be read. Go back and try again.", "无法读取，请返回重试。" },
        [TIP_SAID_ELSEWHERE] = { "That came from another page. Write it here.", "该请求来自其他页面，请在此填写。" },
        [TIP_SAID_OFTEN] = { "Too much was sent in the last hour. Go back and try again later, or call.",
                             "最近一小时提交过多，请返回稍后再试，或打电话。" },
        [TIP_SAID_AWAY] = { "It cannot be taken just now. Go back and send it again in a while: it is taken once.",
                            "暂时无法处理。请返回稍后再次提交，不会重复登记。" },
        [TIP_SAID_NO_REFERENCE] = { "That is no such number: it has 20 letters and digits.",
                                    "编号不正确：应为 20 位字母和数字。" },
        [TIP_SAID_UNKNOWN] = { "There is nothing under this number.", "没有此编号的内容。" },
        [TIP_SAID_NEW] = { "It has been received, and waits to be looked at.", "已收到，等待处理。" },
        [TIP_SAID_TRIAGED] = { "It is being looked into.", "正在核实处理。" },
        [TIP_SAID_ANSWERED] = { "This is the answer:", "答复如下：" },
};

/* --- writing --- */

static void put_word(struct buf *out, const struct tip_page *p, enum tip_word word) {
        markup_text(out, ww_str(words[word][p->language]));
}

static void put_input(struct buf *out, const struct tip_page *p, const char *name, enum tip_word label, int hint,
                      int max) {
        buf_printf(out, "<label for=\"%s\">", name);
        put_word(out, p, label);
        if (hint >= 0) {
                buf_puts(out, " <small>");
                put_word(out, p, (enum tip_word)hint);
                buf_puts(out, "</small>");
        }
        buf_printf(out, "</label><input id=\"%s\" name=\"%s\" maxlength=\"%d\" autocomplete=\"off\">", name, name, max);
}

static void put_begin(struct buf *out, const struct tip_page *p, const char *action) {
        buf_printf(out,
                   "<form method=\"post\" action=\"%s\" accept-charset=\"utf-8\"><input type=\"hidden\" name=\"lang\" "
                   "value=\"%s\">",
                   action, p->language == TIP_ZH ? "zh" : "en");
}

static void put_end(struct buf *out, const struct tip_page *p, enum tip_word button) {
        buf_puts(out, "<button type=\"submit\">");
        put_word(out, p, button);
        buf_puts(out, "</button></form>");
}

static void put_said(struct buf *out, const struct tip_page *p) {
        if (p->said == TIP_SAID_NOTHING)
                return;
        buf_puts(out, "<p class=\"said\" role=\"status\">");
        markup_text(out, ww_str(said[p->said][p->language]));
        buf_puts(out, "</p>");
        if (p->reference) {
                buf_puts(out, "<p class=\"said code\" id=\"number\">");
                markup_text(out, ww_str(p->reference));
                buf_puts(out, "</p>");
        }
        if (p->answer) {
                buf_puts(out, "<p class=\"said\" id=\"answer\">");
                markup_text(out, ww_str(p->answer));
                buf_puts(out, "</p>");
        }
}

static void put_head(struct buf *out, const struct tip_page *p) {
        buf_printf(out,
                   "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                   "content=\"width=device-width,initial-scale=1\"><title>",
                   p->language == TIP_ZH ? "zh-CN" : "en");
        put_word(out, p, WORD_TITLE);
        buf_printf(out, "</title><style>%s</style></head><body><main><nav><a href=\"/tips?lang=%s\" lang=\"%s\">",
                   style, p->language == TIP_ZH ? "en" : "zh", p->language == TIP_ZH ? "en" : "zh-CN");
        put_word(out, p, WORD_AGAIN);
        buf_puts(out, "</a></nav><h1>");
        put_word(out, p, WORD_TITLE);
        buf_puts(out, "</h1>");
}

void tip_page_write(struct buf *out, const struct tip_page *p) {
        put_head(out, p);
        put_said(out, p);
        buf_puts(out, "<p><strong>");
        put_word(out, p, WORD_URGENT);
        buf_puts(out, "</strong></p><p>");
        put_word(out, p, WORD_LEAD);
        buf_puts(out, "</p>");
        put_begin(out, p, "/tips");
        buf_printf(out, "<input type=\"hidden\" name=\"reference\" value=\"%s\"><label for=\"text\">", p->next);
        put_word(out, p, WORD_TEXT);
        buf_printf(out, "</label><textarea id=\"text\" name=\"text\" rows=\"8\" maxlength=\"%d\" required></textarea>",
                   TIP_TEXT_MAX);
        put_input(out, p, "place", WORD_PLACE, -1, TIP_WORD_MAX);
        put_input(out, p, "from", WORD_FROM, WORD_FROM_HINT, TIP_WORD_MAX);
        put_input(out, p, "reply_to", WORD_REPLY, WORD_REPLY_HINT, TIP_WORD_MAX);
        put_end(out, p, WORD_SEND);
        buf_puts(out, "<h2>");
        put_word(out, p, WORD_ASK);
        buf_puts(out, "</h2><p>");
        put_word(out, p, WORD_ASK_LEAD);
        buf_puts(out, "</p>");
        put_begin(out, p, "/tips/answer");
        put_input(out, p, "number-asked", WORD_REFERENCE, -1, 40);
        put_end(out, p, WORD_LOOK);
        buf_puts(out, "</main></body></html>\n");
}

const char *tip_page_policy(void) {
        static char policy[300];
        unsigned char hash[SHA256_BYTES];
        char text[sodium_base64_ENCODED_LEN(SHA256_BYTES, sodium_base64_VARIANT_ORIGINAL)];

        if (!*policy) {
                (void)crypto_hash_sha256(hash, (const unsigned char *)style, sizeof style - 1);
                sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
                (void)snprintf(policy, sizeof policy,
                               "default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'none'",
                               text);
        }
        return policy;
}

enum tip_language tip_page_language(const char *word) {
        return word && strncasecmp(word, "zh", 2) == 0 ? TIP_ZH : TIP_EN;
}
