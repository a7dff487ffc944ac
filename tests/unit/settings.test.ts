import fc from "fast-check";

import { isUserError } from "../../common/userError";
import { environmentName, isCidr, parseSettings, SETTING_KEYS } from "../../settings";

function refusal(raw: Record<string, string>): string {
    try {
        parseSettings(raw, {});
    } catch (error) {
        expect(isUserError(error)).toBe(true);
        return (error as Error).message;
    }
    throw new Error(`${JSON.stringify(raw)} was accepted`);
}

test.each([
    [{}, "no tier was given", "dev, commit, merge, release"],
    [{ tier: "nightly" }, 'tier is "nightly"', "dev, commit, merge, release"],
    [{ tier: "dev", deadlineMinutes: "0" }, 'deadlineMinutes is "0"', "from 1 to 1440"],
    [{ tier: "dev", deadlineMinutes: "1441" }, 'deadlineMinutes is "1441"', "from 1 to 1440"],
    [{ tier: "dev", deadlineMinutes: "ten" }, 'deadlineMinutes is "ten"', "from 1 to 1440"],
    [{ tier: "dev", callerCidr: "203.0.113.7" }, 'callerCidr is "203.0.113.7"', "203.0.113.7/32"],
    [{ tier: "dev", callerCidr: "203.0.113.7/24" }, "callerCidr is", "203.0.113.7/32"],
    [{ tier: "dev", callerCidr: "256.0.0.1/32" }, "callerCidr is", "203.0.113.7/32"],
    [{ tier: "dev", callerCidr: "0.0.0.0/0" }, "callerCidr is", "not the whole internet"],
    [{ tier: "dev", market: "auction" }, 'market is "auction"', "on-demand, spot"],
    [{ tier: "dev", serverImage: "vllm/vllm-openai:latest" }, "serverImage is", "by digest"],
    [{ tier: "dev", runId: "My_Run" }, 'runId is "My_Run"', "at most|up to 36"],
    [{ tier: "dev", budgetUsd: "lots" }, 'budgetUsd is "lots"', "US dollars"],
    [{ tier: "dev", baseline: "s3://x" }, 'baseline is "s3://x"', "a file, or s3://BUCKET/KEY"],
    [{ tier: "dev", reportBucket: "s3://x" }, 'reportBucket is "s3://x"', "3 to 63 lower-case"],
    [{ tier: "dev", reportEndpoint: "http://10.0.0.9" }, "reportEndpoint is", "to this machine"],
    [{ tier: "dev", deadlineMintues: "5" }, 'unknown setting "deadlineMintues"', "deadlineMinutes"],
])("%j is refused with what was given and what is allowed", (raw, given, allowed) => {
    const message = refusal(raw as Record<string, string>);
    expect(message).toContain(given);
    expect(message).toMatch(new RegExp(allowed));
    expect(message).toContain("Next:");
});

test("the environment wins, and empty counts as not given", () => {
    const settings = parseSettings(
        { tier: "dev", model: "8B", callerCidr: "203.0.113.7/32", precision: "" },
        { GPU_CI_MODEL: "4B", GPU_CI_CALLER_CIDR: "" },
    );
    expect(settings).toMatchObject({ model: "4B", callerCidr: "203.0.113.7/32" });
    expect(settings.precision).toBeUndefined();
});

test("every key has an environment variable of its own", () => {
    expect(environmentName("callerCidr")).toBe("GPU_CI_CALLER_CIDR");
    expect(new Set(SETTING_KEYS.map(environmentName)).size).toBe(SETTING_KEYS.length);
});

test("a network is one whose host bits are zero", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
        fc.property(
            octet,
            octet,
            octet,
            octet,
            fc.integer({ min: 0, max: 32 }),
            (a, b, c, d, n) => {
                const address = ((a * 256 + b) * 256 + c) * 256 + d;
                const hostBits = address % 2 ** (32 - n);
                return isCidr(`${a}.${b}.${c}.${d}/${n}`) === (hostBits === 0);
            },
        ),
    );
});
