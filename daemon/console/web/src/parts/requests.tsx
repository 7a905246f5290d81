/* Acts that wait for a second person, who was named by who asked: both see them, and only the other may agree. */
import { useState } from "preact/hooks";
import { post } from "../core/api";
import { lookSeconds, seconds, type SecondPerson } from "../core/seconds";
import { alarms } from "../core/store";
import { t, word } from "../text/text";
import { titleText } from "../text/titles";
import { Panel, problemText } from "./frame";
import { Left } from "./marks";

export function Requests() {
    const list = seconds.value;
    const [problem, setProblem] = useState("");
    const answer = async (one: SecondPerson, how: "agree" | "refuse") => {
        setProblem("");
        try {
            await post(`/requests/${one.request}/${how}`, {});
        } catch (error) {
            setProblem(problemText(error));
        }
        await lookSeconds();
    };
    if (list.length === 0 && !problem) return null;
    return (
        <Panel title={t("second.title")}>
            {problem && <p role="alert">{problem}</p>}
            <ul class="rows">
                {list.map((one) => (
                    <li key={one.request}>
                        <span class="grow">
                            {word("deed", one.act)}{" "}
                            <a href={`/alarm/${one.alarm}`}>
                                {titleText(alarms.get(one.alarm ?? 0)?.title ?? "") ||
                                    t("second.alarm", { n: one.alarm ?? "" })}
                            </a>{" "}
                            – {one.asked_by}: {one.reason} · <Left at={one.expires_at} />
                        </span>
                        {one.mine ? (
                            <span class="dim">{t("second.waits", { name: one.second_person })}</span>
                        ) : (
                            <button type="button" class="main" onClick={() => void answer(one, "agree")}>
                                {t("second.agree")}
                            </button>
                        )}
                        <button type="button" onClick={() => void answer(one, "refuse")}>
                            {t(one.mine ? "second.back" : "second.refuse")}
                        </button>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}
