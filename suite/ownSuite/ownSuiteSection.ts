import { ReportSection } from "../report/section";
import { SuiteResults } from "../results";

/** What ran in the place of this package's suite, and the pages that it left for people. */
export function ownSuiteSection(own: NonNullable<SuiteResults["ownSuite"]>): ReportSection {
    return {
        title: "Own suite",
        rows: [
            ["Image", own.image],
            ["Command", own.command.map(asWord).join(" ")],
            ["Exit status", own.exitStatus],
            ["JUnit", own.junit.join(", ") || "none"],
        ],
        links: own.pages.map((page) => ({ text: page, href: relativeUrl(page) })),
        note:
            own.pages.length > 0
                ? "The pages are the suite's own, as the machine made them."
                : undefined,
    };
}

function asWord(word: string): string {
    return /^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word);
}

/** A path from a machine as a URL that leads to nothing but a file below the report. */
function relativeUrl(path: string): string {
    return `./${path.split("/").map(encodeURIComponent).join("/")}`;
}
