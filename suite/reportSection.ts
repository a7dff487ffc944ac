/** A table that another part adds to the report, such as the plan or the receipt. */
export interface ReportSection {
    readonly title: string;
    readonly rows: readonly (readonly [name: string, value: string])[];
    readonly note?: string;
    /** Files beside the report. */
    readonly links?: readonly { readonly text: string; readonly href: string }[];
}
