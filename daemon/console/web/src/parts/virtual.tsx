/*
 * A grid of any length of which only what is seen exists.
 *
 * Rows have one height, so where a row lies is a product. An element that scrolls out at one end is used again at the other, for
 * another row: nothing is made, thrown away or moved in the document while somebody scrolls. So the elements' order there is
 * not the rows', and aria-owns says which that is. A row is drawn again when it is another one, or is meant or chosen, and not because
 * the list changed: a row that says something else is another row.
 *
 * The frame keeps the focus, and says by aria-activedescendant which row is meant: a row that scrolls away takes no focus
 * with it. The row that is meant is a thing (its key), not a place: when the order changes it moves along, and when it goes,
 * the row that takes its place is meant.
 */
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Looks<Row> {
    height: number;
    cells: ComponentType<{ row: Row }>;
    classOf: (row: Row) => string;
    onAt: (row: Row, event: MouseEvent) => void;
    onOpen: (row: Row) => void;
}

export interface GridProps<Row> extends Looks<Row> {
    label: string;
    head: ComponentChildren;
    rows: { readonly length: number; at: (n: number) => Row; indexOf: (key: number) => number };
    keyOf: (row: Row) => number;
    at: number;
    /** Changes when the row that is meant is to be seen, wherever somebody has scrolled to. */
    shown: number;
    chosen: (row: Row) => boolean;
}

interface LineProps<Row> extends Looks<Row> {
    id: number;
    row: Row;
    index: number;
    at: boolean;
    chosen: boolean;
}

/** Reads no signal: it is drawn when one of its properties is another, and only then. */
class Line<Row> extends Component<LineProps<Row>> {
    override shouldComponentUpdate(next: LineProps<Row>): boolean {
        return (Object.keys(next) as (keyof LineProps<Row>)[]).some((name) => next[name] !== this.props[name]);
    }

    render({ id, row, index, at, chosen, height, cells: Cells, classOf, onAt, onOpen }: LineProps<Row>) {
        return (
            <div
                id={`row-${id}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={chosen}
                class={`grid-row ${classOf(row)}${at ? " at" : ""}`}
                style={`height:${height}px;transform:translateY(${index * height}px)`}
                onClick={(event) => onAt(row, event)}
                onDblClick={() => onOpen(row)}>
                <Cells row={row} />
            </div>
        );
    }
}

const SPARE = 6;

export function VirtualGrid<Row>(props: GridProps<Row>) {
    const frame = useRef<HTMLDivElement>(null);
    const [view, setView] = useState({ first: 0, height: 600 });
    const { rows, height, keyOf } = props;
    const look = () => {
        const box = frame.current;
        if (!box) return;
        const [first, seen] = [Math.floor(box.scrollTop / height), box.clientHeight];
        setView((old) => (old.first === first && old.height === seen ? old : { first, height: seen }));
    };
    useLayoutEffect(look, []);
    useEffect(() => {
        const watch = new ResizeObserver(look);
        watch.observe(frame.current!);
        return () => watch.disconnect();
    }, []);
    const index = rows.indexOf(props.at);
    useLayoutEffect(() => {
        const box = frame.current;
        if (!box || index < 0) return;
        const inner = box.clientHeight - height;
        if (index * height < box.scrollTop) box.scrollTop = index * height;
        else if ((index + 1) * height > box.scrollTop + inner) box.scrollTop = (index + 1) * height - inner;
        look();
    }, [props.at, props.shown]);
    const elements = Math.ceil(view.height / height) + 2 * SPARE + 2;
    const from = Math.max(0, Math.min(view.first, rows.length - 1) - SPARE);
    const to = Math.min(rows.length, from + elements);
    const active = index >= from && index < to ? `row-${props.at}` : undefined;
    const ids: string[] = [];
    const lines: ComponentChildren[] = Array.from({ length: elements }, () => null);
    for (let n = from; n < to; n++) {
        const row = rows.at(n);
        const id = keyOf(row);
        ids.push(`row-${id}`);
        lines[n % elements] = (
            <Line
                key={n % elements}
                id={id}
                row={row}
                index={n}
                at={id === props.at}
                chosen={props.chosen(row)}
                height={height}
                cells={props.cells}
                classOf={props.classOf}
                onAt={props.onAt}
                onOpen={props.onOpen}
            />
        );
    }
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
            <div
                class="grid-body"
                role="rowgroup"
                aria-owns={ids.join(" ")}
                style={{ height: `${rows.length * height}px` }}>
                {lines}
            </div>
        </div>
    );
}
