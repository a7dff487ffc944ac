import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bringBaseline } from "../../../scripts/bringBaseline";
import { loadBaseline } from "../../../suite/baseline/loadBaseline";
import { placeOfBaseline, putBaseline } from "../../../suite/baseline/putBaseline";
import { caseResult, suite } from "../suite/baseline/results";
import { FakeCloud } from "./fakes";

const dir = mkdtempSync(join(tmpdir(), "bring-baseline-"));
afterAll(() => rmSync(dir, { recursive: true }));

const picture = { name: "a", width: 1, height: 1, thumbnailPng: "AAAA" };
const results = suite([caseResult(1, true, { images: [picture] })]);
const bytes = Buffer.from(JSON.stringify(results));
const folder = join(dir, "fetched");

function bring(given: string, stored: FakeCloud["stored"] = {}) {
    const cloud = new FakeCloud();
    cloud.stored = stored;
    return bringBaseline(given, { cloud, projectDir: dir, folder });
}

it("is a file of the project", async () => {
    writeFileSync(join(dir, "good.json"), bytes);
    expect(await bring("good.json")).toBe(join(dir, "good.json"));
});

it.each([
    ["baselines/qwen.json", "qwen"],
    ["baselines/release-1.2/results.json", "release-1.2"],
])("comes from a bucket, %s, with its name", async (key, name) => {
    const file = await bring(`s3://acme/${key}`, {
        [`acme/${key}`]: { bytes, instanceId: undefined },
    });
    expect(loadBaseline(file)).toMatchObject({ name, results: { verdict: "passed" } });
});

test.each<[string, FakeCloud["stored"], RegExp]>([
    ["none.json", {}, /none\.json cannot be read: ENOENT/],
    ["s3://acme/a.json", {}, /s3:\/\/acme\/a\.json cannot be fetched: there is none/],
    ["s3://acme/a.json", { "acme/a.json": new Error("AccessDenied") }, /fetched: .*AccessDenied/],
    [
        "s3://acme/a.json",
        { "acme/a.json": { bytes: Buffer.from("{}"), instanceId: undefined } },
        /holds no results/,
    ],
])("%s is refused: %#", async (given, stored, message) => {
    await expect(bring(given, stored)).rejects.toThrow(message);
});

it("is put beside the suite without pictures, alone, and the same each time", () => {
    const suiteDir = join(dir, "suite");
    putBaseline(suiteDir, { name: "old", results });
    putBaseline(suiteDir, { name: "Qwen3-VL 8B/é", results });
    const place = placeOfBaseline({ name: "Qwen3-VL 8B/é" });
    expect(place).toBe("baseline/Qwen3-VL-8B--.json");
    const text = readFileSync(join(suiteDir, place), "utf8");
    expect(text).not.toContain("AAAA");
    expect(loadBaseline(join(suiteDir, place)).results.cases).toHaveLength(1);
    expect(() => readFileSync(join(suiteDir, "baseline/old.json"))).toThrow(/ENOENT/);
    putBaseline(suiteDir, { name: "Qwen3-VL 8B/é", results });
    expect(readFileSync(join(suiteDir, place), "utf8")).toBe(text);
    putBaseline(suiteDir, undefined);
    expect(() => readFileSync(join(suiteDir, place))).toThrow(/ENOENT/);
});
