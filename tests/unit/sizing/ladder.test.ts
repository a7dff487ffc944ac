import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import { GPUS, GPU_NAMES } from "../../../sizing/gpus";
import { ladderOf, OOM_FAILURES, RUNG_EFFECTS } from "../../../sizing/ladder";
import { estimateMemory, GIB, kvBytesPerToken } from "../../../sizing/memory";
import { resolveModel } from "../../../sizing/models";
import { GPU_MEMORY_UTILIZATION, type ServerOptions } from "../../../sizing/serverArgs";
import { planRun, TIER_NAMES, TIERS } from "../../../sizing";

const MODEL = resolveModel("8B-Instruct", "bf16", "bf16");
const LOWER = resolveModel("8B-Instruct", "int4", "int4");
const SERVER: ServerOptions = {
    modelId: MODEL.id,
    precision: "bf16",
    computeCapability: 8.9,
    tensorParallel: 1,
    maxModelLen: 32_768,
    maxNumSeqs: 8,
    maxNumBatchedTokens: 4096,
    maxImagePixels: 4_000_000,
};
const WEIGHTS = { ...SERVER, modelId: LOWER.id, precision: LOWER.precision };

/** The rungs with arguments of their own: all but the last. */
const serversOf = (...given: Parameters<typeof ladderOf>) => ladderOf(...given).slice(0, -1);

const names = (...given: Parameters<typeof ladderOf>) => ladderOf(...given).map((r) => r.name);

test.each`
    lowest       | rungs
    ${"speed"}   | ${["fewer-sequences", "eager", "split-cases"]}
    ${"limits"}  | ${["fewer-sequences", "eager", "server-length", "split-cases"]}
    ${"answers"} | ${["fewer-sequences", "eager", "server-length", "fewer-pixels", "fp8-kv", "lower-precision", "split-cases"]}
`("a tier that allows up to $lowest goes down $rungs", ({ lowest, rungs }) => {
    expect(names(SERVER, lowest, WEIGHTS)).toEqual(rungs);
});

test.each`
    server                                                     | missing              | why
    ${{ ...SERVER, maxImagePixels: 1_048_576 }}                | ${"fewer-pixels"}    | ${"images are a mega-pixel"}
    ${{ ...SERVER, eager: true }}                              | ${"eager"}           | ${"it is planned"}
    ${{ ...SERVER, kvCacheDtype: "fp8" }}                      | ${"fp8-kv"}          | ${"it is planned"}
    ${{ ...SERVER, computeCapability: 8.6 }}                   | ${"fp8-kv"}          | ${"the GPU has no E4M3"}
    ${{ ...SERVER, maxNumSeqs: 1, maxNumBatchedTokens: 2048 }} | ${"fewer-sequences"} | ${"there are no fewer"}
`("no $missing where $why", ({ server, missing }) => {
    expect(names(server, "answers", WEIGHTS)).not.toContain(missing);
    expect(names(server, "answers")).not.toContain("lower-precision");
});

test.each`
    rung                 | option                        | value
    ${"fewer-sequences"} | ${"--max-num-seqs"}           | ${"2"}
    ${"fewer-sequences"} | ${"--max-num-batched-tokens"} | ${"2048"}
    ${"server-length"}   | ${"--max-model-len"}          | ${"@SERVER_LENGTH:32768@"}
    ${"fewer-pixels"}    | ${"--mm-processor-kwargs"}    | ${'{"max_pixels":1000000}'}
    ${"fp8-kv"}          | ${"--kv-cache-dtype"}         | ${"fp8"}
`("from $rung down, $option is $value", ({ rung, option, value }) => {
    const ladder = serversOf(SERVER, "answers", WEIGHTS);
    const first = ladder.findIndex(({ name }) => name === rung);
    for (const [index, { args }] of ladder.entries()) {
        const given = args[args.indexOf(option) + 1] === value;
        expect({ index, given }).toEqual({ index, given: index >= first });
    }
});

test("weights of lower precision answer to the planned model's name", () => {
    const args = serversOf(SERVER, "answers", WEIGHTS).at(-1)?.args ?? [];
    expect([args[0], args[args.indexOf("--served-model-name") + 1]]).toEqual([LOWER.id, MODEL.id]);
});

test("each failure of the flags is helped by a rung; those of the machine by none", () => {
    const helped = new Set(ladderOf(SERVER, "answers", WEIGHTS).flatMap(({ helps }) => helps));
    expect(OOM_FAILURES.filter((failure) => !helped.has(failure))).toEqual([
        "gpu-in-use",
        "host-out-of-memory",
    ]);
});

test("the server's length is worth a try while the largest image and its question fit", () => {
    const rung = ladderOf(SERVER, "limits").find(({ name }) => name === "server-length");
    expect(rung?.leastLength).toBe(Math.ceil(4_000_000 / 1024) + 2 + 512);
});

test.each(RUNG_EFFECTS)(
    "a tier that allows up to %s may leave out cases, last of all",
    (lowest) => {
        const last = ladderOf(SERVER, lowest, WEIGHTS).at(-1);
        // The server starts as on the rung above, and only once no other rung helps with a case.
        expect(last).toMatchObject({ args: [], helps: ["cuda-out-of-memory-in-case"] });
    },
);

test.each(TIER_NAMES)("the %s tier's plan has no rung worse than the tier allows", (tier) => {
    const { server } = planRun({ tier });
    const worst = RUNG_EFFECTS.indexOf(TIERS[tier].ladder);
    const rungs = server.ladder.slice(0, -1);
    expect(rungs.length).toBeGreaterThan(0);
    for (const { effect, args } of rungs) {
        expect(RUNG_EFFECTS.indexOf(effect)).toBeLessThanOrEqual(worst);
        expect(args[0] === server.args[0] || TIERS[tier].ladder === "answers").toBe(true);
    }
});

test("a release never changes an answer", () => {
    const { server } = planRun({ tier: "release" });
    expect(server.ladder.map(({ effect }) => effect)).not.toContain("answers");
    for (const { args } of server.ladder.slice(0, -1)) {
        expect(args).not.toContain("--kv-cache-dtype");
        expect(args[0]).toBe(server.args[0]);
    }
});

describe("any server", () => {
    const servers = fc
        .record({
            gpu: fc.constantFrom(...GPU_NAMES),
            maxModelLen: fc.integer({ min: 4096, max: 262_144 }),
            maxNumSeqs: fc.integer({ min: 1, max: 1024 }),
            maxNumBatchedTokens: fc.integer({ min: 1024, max: 65_536 }),
            maxImagePixels: fc.integer({ min: 65_536, max: 16_777_216 }),
        })
        .map(({ gpu, ...limits }) => ({
            gpu,
            server: { ...SERVER, ...limits, computeCapability: GPUS[gpu].computeCapability },
        }));

    test("each rung needs no more memory than the one above, and is no gentler", () => {
        fc.assert(
            fc.property(servers, ({ gpu, server }) => {
                const lower = { ...server, modelId: LOWER.id, precision: LOWER.precision };
                const ladder = serversOf(server, "answers", lower);
                const effects = ladder.map(({ effect }) => RUNG_EFFECTS.indexOf(effect));
                expect(effects).toEqual([...effects].sort((a, b) => a - b));
                const needs = ladder.map(({ args }) => neededGiB(args, gpu));
                needs.slice(1).forEach((need, i) => expect(need).toBeLessThanOrEqual(needs[i]));
            }),
        );
    });
});

/** What one full-length sequence needs by the memory model, read from the arguments themselves. */
function neededGiB(args: readonly string[], gpu: keyof typeof GPUS): number {
    const value = (option: string) => args[args.indexOf(option) + 1];
    const model = args[0] === LOWER.id ? LOWER : MODEL;
    const { geometry, precision, bytesPerLinear } = model;
    const kvCacheDtype = args.includes("--kv-cache-dtype") ? "fp8" : undefined;
    const maxModelLen = Number(value("--max-model-len").replace(/\D/g, ""));
    const { loadGiB, reserveGiB } = estimateMemory({
        geometry,
        precision,
        bytesPerLinear,
        tensorParallel: 1,
        maxModelLen,
        maxNumSeqs: Number(value("--max-num-seqs")),
        maxNumBatchedTokens: Number(value("--max-num-batched-tokens")),
        maxImagePixels: JSON.parse(value("--mm-processor-kwargs")).max_pixels,
        kvCacheDtype,
        eager: args.includes("--enforce-eager"),
        gpuProgramGiB: GPUS[gpu].programGiB,
        utilization: GPU_MEMORY_UTILIZATION,
    });
    const perToken = kvBytesPerToken(geometry, precision, 1, kvCacheDtype);
    return loadGiB + reserveGiB + (maxModelLen * perToken) / GIB;
}

test("every option of every rung is one that vLLM knows", () => {
    const text = readFileSync(join(__dirname, "../../../rehearsal/model/options.txt"), "utf8");
    const known = new Set(text.split("\n").map((line) => line.split(" ")[0]));
    const options = ladderOf(SERVER, "answers", WEIGHTS)
        .flatMap(({ args }) => args)
        .filter((arg) => arg.startsWith("--"))
        .map((arg) => arg.split(".")[0].replace(/^--no-/, "--"));
    expect(options.filter((option) => !known.has(option))).toEqual([]);
});
