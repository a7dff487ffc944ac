import { CaseResult } from "../results";

/** The id of each case's element: from its own id, apart from all other ids of the page, and each once. */
export function anchorsOf(cases: readonly CaseResult[]): ReadonlyMap<CaseResult, string> {
    const taken = new Map<string, number>();
    return new Map(
        cases.map((each) => {
            const name = `case-${each.id.replace(/[^\w.-]+/g, "-")}`;
            const count = (taken.get(name) ?? 0) + 1;
            taken.set(name, count);
            return [each, count === 1 ? name : `${name}--${count}`];
        }),
    );
}
