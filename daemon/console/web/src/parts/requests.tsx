/* Acts that wait for a second person, who was named by who asked: both see them, and only the other may agree. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../core/api";
import { t, word } from "../text/text";
import { Panel, problemText } from "./frame";
import { Left } from "./marks";

interface SecondPerson {
    request: number;
    act: string;
    alarm: number | null;
    reason: string | null;
    asked_by: string;
    second_person: string;
    expires_at: string;
    mine: boolean;
}

const EVERY = 5000;

export function Requests() {
    const [list, setList] = useState<readonly SecondPerson[]>([]);
    const [problem, setProblem] = useState("");
    const [turn, setTurn] = useState(0);
    useEffect(() => {
        const stop = new AbortController();
        get<{ requests: SecondPerson[] }>("/requests", stop.signal).then(
            (got) => setList(got.requests),
            () => undefined, // who may not act has none; and it is asked again
        );
        const timer = window.setTimeout(() => setTurn(turn + 1), EVERY);
        return () => {
            stop.abort();
            window.clearTimeout(timer);
        };
    }, [turn]);
    const answer = async (one: SecondPerson, how: "agree" | "refuse") => {
        setProblem("");
        try {
            await post(`/requests/${one.request}/${how}`, {});
        } catch (error) {
            setProblem(problemText(error));
        }
        setTurn((n) => n + 1);
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
                            <a href={`/alarm/${one.alarm}`}>{t("second.alarm", { n: one.alarm ?? "" })}</a> –{" "}
                            {one.asked_by}: {one.reason} <Left at={one.expires_at} />
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
