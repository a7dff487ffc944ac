import fc from "fast-check";

import { decide, reap, type ReapRequest } from "../../../scripts/reap";
import { awsError, FakeCloud } from "./fakes";

const NOW = Date.parse("2026-11-24T07:00:00Z");

function order(runId: string, attempt = "1") {
    const settings = { runId, attempt, tier: "commit", owner: "team", instanceType: "g6.xlarge" };
    return { name: runId, base: {}, settings, env: {} };
}

/** One run past its deadline, one at work. */
function account() {
    const cloud = new FakeCloud();
    cloud.now = () => NOW;
    const old = cloud.launch(order("old"), -10);
    const atWork = cloud.launch(order("work"), 30);
    cloud.add("schedule", order("old"));
    cloud.add("security-group", order("old"));
    const lines: string[] = [];
    const act = (request: ReapRequest) =>
        reap(request, {
            cloud,
            print: (line) => lines.push(line),
            now: () => NOW,
            sleep: async () => undefined,
        });
    return { cloud, old, atWork, lines, act };
}

test("without --yes nothing is ended", async () => {
    const { cloud, act, lines } = account();
    expect(await act({ runId: "old" })).toBe(0);
    expect(cloud.live).toHaveLength(2);
    expect(cloud.calls.filter((call) => /^(terminate|remove)/.test(call))).toEqual([]);
    expect(lines.join("\n")).toMatch(/would be ended. Nothing was done; add --yes/);
});

test("--expired ends what is past its deadline and spares live work", async () => {
    const { cloud, act, atWork } = account();
    expect(await act({ expired: true, yes: true })).toBe(0);
    expect(cloud.live.map(({ instanceId }) => instanceId)).toEqual([atWork.instanceId]);
});

test("--run ends that run, its deadline passed or not; its schedule goes with gpu-ci release", async () => {
    const { cloud, act, old } = account();
    expect(await act({ runId: "work", yes: true })).toBe(0);
    expect(cloud.live.map(({ instanceId }) => instanceId)).toEqual([old.instanceId]);
    await act({ runId: "old", yes: true });
    expect(cloud.live).toEqual([]);
    expect([...cloud.things.keys()]).toEqual(["schedule-old-1"]);
});

test("--yes alone is refused: it would end live work", async () => {
    await expect(account().act({ yes: true })).rejects.toThrow(/--run ID, or --expired/);
});

test("without --run and --expired, live work is not even proposed", async () => {
    const { act, lines } = account();
    await act({});
    expect(lines.join("\n")).toMatch(/^keep {4}machine i-00000002, running.*its deadline is/m);
    expect(lines.join("\n")).toMatch(/^end {5}machine i-00000001, running.*past /m);
});

test("what is still there after its removal was asked for is a failure", async () => {
    const { cloud, act, lines } = account();
    cloud.remove = async () => undefined;
    expect(await act({ runId: "old", yes: true })).toBe(3);
    expect(lines.join("\n")).toMatch(
        /LEFT {4}security-group security-group-old-1: removal asked for/,
    );
});

test("one machine that cannot be ended spares none of the others, and is exit code 3", async () => {
    const { cloud, act, lines } = account();
    const second = cloud.launch(order("old", "2"), -5);
    const terminate = cloud.terminate.bind(cloud);
    cloud.terminate = (id) =>
        id === "i-00000001" ? Promise.reject(awsError("UnauthorizedOperation")) : terminate(id);
    expect(await act({ expired: true, yes: true })).toBe(3);
    expect(cloud.live.map(({ instanceId }) => instanceId)).not.toContain(second.instanceId);
    expect(lines.join("\n")).toMatch(/could not be ended: UnauthorizedOperation/);
    expect(lines.join("\n")).toMatch(/LEFT {4}machine i-00000001: running/);
});

test("one error is no end: it is tried again", async () => {
    const { cloud, act, old } = account();
    cloud.failures = { terminate: [awsError("RequestLimitExceeded")] };
    expect(await act({ expired: true, yes: true })).toBe(0);
    expect(cloud.live.map(({ instanceId }) => instanceId)).not.toContain(old.instanceId);
});

test("a schedule stays while a machine of its run is live", async () => {
    const { cloud, act } = account();
    cloud.failures = { terminate: [awsError("UnauthorizedOperation")] };
    await act({ runId: "old", yes: true });
    expect([...cloud.things.keys()].some((id) => id.startsWith("schedule"))).toBe(true);
});

const PROVEN = {
    product: "ephemeral-gpu-ci",
    owner: "team",
    run: "r",
    attempt: "1",
    "expires-at": "2026-11-24T06:00:00Z",
};

describe("proof of ownership", () => {
    test.each(["product", "owner", "run", "attempt"])(
        "without the tag %s: reported only",
        (tag) => {
            const tags: Record<string, string> = { ...PROVEN };
            delete tags[tag];
            for (const request of [{ expired: true }, { runId: "r" }]) {
                expect(decide(tags, request, NOW).action).toBe("report");
            }
        },
    );

    test.each(["", "soon", "2026-11-24", "2026-11-24T06:00:00+02:00"])(
        "expires-at %p: reported, not ended",
        (text) => {
            const tags = { ...PROVEN, "expires-at": text };
            expect(decide(tags, { expired: true }, NOW)).toMatchObject({ action: "report" });
            expect(decide(tags, { runId: "r" }, NOW)).toMatchObject({ action: "report" });
        },
    );

    test("whatever the tags, --expired ends only what is proven and past", () => {
        const text = fc.oneof(
            fc.constant(""),
            fc.string(),
            fc.constantFrom(...Object.values(PROVEN)),
        );
        const tags = fc.record(
            { product: text, owner: text, run: text, attempt: text, "expires-at": text },
            { requiredKeys: [] },
        );
        fc.assert(
            fc.property(tags, (some) => {
                if (
                    decide(some as Record<string, string>, { expired: true }, NOW).action === "end"
                ) {
                    expect(some.product).toBe("ephemeral-gpu-ci");
                    expect(some.owner && some.run && some.attempt).toBeTruthy();
                    expect(Date.parse(some["expires-at"] ?? "")).toBeLessThanOrEqual(NOW);
                }
            }),
        );
    });
});
