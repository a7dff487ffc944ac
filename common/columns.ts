/**
 * Rows as lines of a terminal, each column as wide as its widest cell.
 *
 * @param rightFrom First column whose cells stand on the right, as numbers do. Default: none.
 * @example columns([["g6.xlarge", "0.81"], ["g6e.xlarge", "1.87"]]).join("\n");
 */
export function columns(rows: readonly (readonly string[])[], rightFrom = Infinity): string[] {
    const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => row[column].length)),
    );
    return rows.map((row) =>
        row
            .map((cell, column) =>
                column < rightFrom ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
            )
            .join("  ")
            .trimEnd(),
    );
}
