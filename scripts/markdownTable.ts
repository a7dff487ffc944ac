/** A column: its heading, and on which side its cells are aligned. */
export type Column = string | { readonly right: string };

/**
 * A Markdown table, padded as Prettier pads it.
 *
 * @example markdownTable(["size", { right: "GiB" }], [["8B", "16.3"]]);
 */
export function markdownTable(
    columns: readonly Column[],
    rows: readonly (readonly string[])[],
): string {
    const headings = columns.map((column) => (typeof column === "string" ? column : column.right));
    const isRight = columns.map((column) => typeof column !== "string");
    const widths = headings.map((heading, at) =>
        Math.max(3, heading.length, ...rows.map((row) => row[at].length)),
    );
    const pad = (cell: string, at: number) =>
        isRight[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at]);
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    return [
        line(headings.map(pad)),
        line(
            widths.map((width, at) =>
                isRight[at] ? "-".repeat(width - 1) + ":" : "-".repeat(width),
            ),
        ),
        ...rows.map((row) => line(row.map(pad))),
    ].join("\n");
}
