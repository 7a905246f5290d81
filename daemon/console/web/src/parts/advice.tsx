/* What one of the system's own alarms means, and what to do: a paragraph, an empty line, and a line for each thing to do. */

/** What stands between backticks is a command, or a name. */
function Marked({ text }: { text: string }) {
    return <>{text.split("`").map((part, n) => (n % 2 ? <code key={n}>{part}</code> : part))}</>;
}

export function Advice({ text }: { text: string }) {
    const [means = "", act = ""] = text.trimEnd().split("\n\n", 2);
    return (
        <div class="advice">
            <p>
                <Marked text={means} />
            </p>
            <ul>
                {act.split("\n").map((line) => (
                    <li key={line}>
                        <Marked text={line} />
                    </li>
                ))}
            </ul>
        </div>
    );
}
