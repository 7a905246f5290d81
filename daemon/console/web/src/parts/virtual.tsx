/*
 * A grid of any length of which only what is seen exists.
 *
 * Rows have one height, so where a row lies is a product. An element that scrolls out at one end is used again at the other, for
 * another row: nothing is made or thrown away while somebody scrolls. The frame keeps the focus, and says by aria-activedescendant
 * which row is meant: a row that scrolls away takes no focus with it. The row that is meant is a thing (its key), not a
 * place: when the order changes it moves along, and when it goes, the row that takes its place is meant.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface GridProps<Row> {
    label: string;
    head: ComponentChildren;
    rows: readonly Row[];
    keyOf: (row: Row) => number;
    at: number;
    height: number;
    row: (row: Row, index: number) => ComponentChildren;
    classOf: (row: Row) => string;
    chosen: (row: Row) => boolean;
    onAt: (row: Row, event: MouseEvent) => void;
    onOpen: (row: Row) => void;
}

const SPARE = 6;

export function VirtualGrid<Row>(props: GridProps<Row>) {
    const frame = useRef<HTMLDivElement>(null);
    const [view, setView] = useState({ top: 0, height: 600 });
    const { rows, height, keyOf } = props;
    const look = () => {
        const box = frame.current;
        if (box)
            setView((old) =>
                old.top === box.scrollTop && old.height === box.clientHeight
                    ? old
                    : { top: box.scrollTop, height: box.clientHeight },
            );
    };
    useLayoutEffect(look, []);
    useEffect(() => {
        const watch = new ResizeObserver(look);
        watch.observe(frame.current!);
        return () => watch.disconnect();
    }, []);
    const index = rows.findIndex((row) => keyOf(row) === props.at);
    useEffect(() => {
        const box = frame.current;
        if (!box || index < 0) return;
        const inner = box.clientHeight - height;
        if (index * height < box.scrollTop) box.scrollTop = index * height;
        else if ((index + 1) * height > box.scrollTop + inner) box.scrollTop = (index + 1) * height - inner;
    }, [props.at]);
    const from = Math.max(0, Math.floor(view.top / height) - SPARE);
    const to = Math.min(rows.length, Math.ceil((view.top + view.height) / height) + SPARE);
    const elements = Math.ceil(view.height / height) + 2 * SPARE + 2;
    const active = index >= from && index < to ? `row-${props.at}` : undefined;
    return (
        <div
            ref={frame}
            class="grid"
            role="grid"
            tabIndex={0}
            aria-label={props.label}
            aria-rowcount={rows.length + 1}
            aria-multiselectable="true"
            aria-activedescendant={active}
            onScroll={look}>
            <div class="grid-head" role="row" aria-rowindex={1} style={{ height: `${height}px` }}>
                {props.head}
            </div>
            <div class="grid-body" role="rowgroup" style={{ height: `${rows.length * height}px` }}>
                {rows.slice(from, to).map((row, n) => (
                    <div
                        key={(from + n) % elements}
                        id={`row-${keyOf(row)}`}
                        role="row"
                        aria-rowindex={from + n + 2}
                        aria-selected={props.chosen(row)}
                        class={`grid-row ${props.classOf(row)}${keyOf(row) === props.at ? " at" : ""}`}
                        style={{ height: `${height}px`, transform: `translateY(${(from + n) * height}px)` }}
                        onClick={(event) => props.onAt(row, event)}
                        onDblClick={() => props.onOpen(row)}>
                        {props.row(row, from + n)}
                    </div>
                ))}
            </div>
        </div>
    );
}
