import type { SuiteResults } from "../../suite/results";

/** results.json of a suite that did nothing but sleep, and says so. */
export function suiteThatSlept(seconds: number): string {
    const now = new Date().toISOString();
    const results: SuiteResults = {
        schemaVersion: 1,
        tier: "commit",
        model: "none",
        server: { url: "http://127.0.0.1:8000", standIn: true, name: "a machine that sleeps" },
        startedAt: now,
        endedAt: now,
        seconds,
        verdict: "passed",
        why: "a suite that sleeps",
        totals: { passed: 0, failed: 0, errored: 0, skipped: 0 },
        cases: [],
        performance: { latency: [], throughput: [] },
    };
    return JSON.stringify(results);
}
