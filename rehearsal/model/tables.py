"""Reads tables: words in rows, under the words of a header."""

from typing import Dict, List, NamedTuple, Optional, Sequence

from writing import Line


class Table(NamedTuple):
    """A header, and for each row its name and its other cells by column."""

    header: List[str]
    rows: Dict[str, Dict[str, str]]


def read_table(lines: Sequence[Line]) -> Optional[Table]:
    """The table that lines of text make; none where they do not stand in rows and columns."""
    rows = _rows(lines)
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) < 2 for row in rows):
        return None
    header = rows[0]
    cells: Dict[str, Dict[str, str]] = {}
    for name, *others in rows[1:]:
        cells[name.text] = {_column(header[1:], cell).text: cell.text for cell in others}
    return Table([line.text for line in header], cells)


def _rows(lines: Sequence[Line]) -> List[List[Line]]:
    rows: List[List[Line]] = []
    for line in sorted(lines, key=lambda one: one.middle[1]):
        if rows and line.middle[1] - rows[-1][-1].middle[1] < 0.6 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _column(header: Sequence[Line], cell: Line) -> Line:
    """The header's word whose left, right or middle is nearest."""
    return min(
        header,
        key=lambda word: min(
            abs(word.left - cell.left),
            abs(word.right - cell.right),
            abs(word.middle[0] - cell.middle[0]),
        ),
    )
