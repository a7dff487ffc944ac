import { Family } from "./family";
import { chartDifference, chartExtreme, chartValue } from "./readChart";
import { tableCell, tableExtreme, tableSum } from "./readTable";
import { readLabel, readSentence, readSign, readWord } from "./readText";

/** Words, charts and tables in pictures. */
export const READING_FAMILIES = {
    "read-word": readWord,
    "read-sentence": readSentence,
    "read-sign": readSign,
    "read-label": readLabel,
    "chart-extreme": chartExtreme,
    "chart-value": chartValue,
    "chart-difference": chartDifference,
    "table-cell": tableCell,
    "table-sum": tableSum,
    "table-extreme": tableExtreme,
} as const satisfies Record<string, Family>;
