import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cachedFolder, cachedFolderPath } from "../../../scripts/setup/cachedFolder";
import { cacheFolder } from "../../../scripts/setup/cacheFolder";
import { folderParts, keyOf } from "../../../scripts/setup/cacheKey";
import { FailureMemory } from "../../../scripts/setup/failureMemory";

let dir: string;

beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "setup-cache-"));
});

afterEach(() => {
    fs.rmSync(dir, { recursive: true, force: true });
});

test.each([
    [{ EPHEMERAL_GPU_CI_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" }, "/c"],
    [{ XDG_CACHE_HOME: "/x", HOME: "/h" }, "/x/ephemeral-gpu-ci"],
    [{ EPHEMERAL_GPU_CI_CACHE: "", HOME: "/h" }, "/h/.cache/ephemeral-gpu-ci"],
])("the cache folder of %j is %s", (env, expected) => {
    expect(cacheFolder(env)).toBe(expected);
});

describe("a key stands for everything that a thing was made from", () => {
    const write = (file: string, text: string, mode = 0o644): void => {
        fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
        fs.writeFileSync(path.join(dir, file), text);
        fs.chmodSync(path.join(dir, file), mode);
    };
    const key = (): string => keyOf(folderParts(dir));

    test("parts are kept apart", () => {
        expect(keyOf(["ab", "c"])).not.toBe(keyOf(["a", "bc"]));
        expect(keyOf(["ab", "c"])).toBe(keyOf(["ab", "c"]));
    });

    test.each<[string, () => void, boolean]>([
        ["another content", () => write("a.py", "2"), true],
        ["another name", () => fs.renameSync(path.join(dir, "a.py"), path.join(dir, "b.py")), true],
        ["one more file", () => write("sub/c.py", ""), true],
        ["a file that can be executed now", () => write("a.py", "1", 0o755), true],
        ["compiled Python", () => write("__pycache__/a.pyc", "x"), false],
        ["a test", () => write("tests/test_a.py", "x"), false],
        ["another time", () => fs.utimesSync(path.join(dir, "a.py"), 1, 1), false],
    ])("%s", (_, change, changes) => {
        write("a.py", "1");
        const before = key();
        change();
        expect(key() !== before).toBe(changes);
    });
});

describe("a folder counts as made only when it is finished", () => {
    const options = { name: "thing", key: "k1", needGiB: 0 };
    const unfinished = (): string[] => fs.readdirSync(dir).filter((f) => f.includes("unfinished"));

    test("made once, then taken from the cache", async () => {
        let made = 0;
        const make = async (folder: string): Promise<void> => {
            made++;
            fs.writeFileSync(path.join(folder, "x"), "1");
        };
        const first = await cachedFolder({ ...options, cacheDir: dir, make });
        const second = await cachedFolder({ ...options, cacheDir: dir, make });
        expect([first, second]).toEqual(Array(2).fill(cachedFolderPath(dir, "thing", "k1")));
        expect(made).toBe(1);
        expect(fs.readFileSync(path.join(first, "x"), "utf8")).toBe("1");
    });

    test("a step that fails leaves nothing, and the next one tries again", async () => {
        const fail = async (folder: string): Promise<void> => {
            fs.writeFileSync(path.join(folder, "half"), "");
            throw new Error("broken");
        };
        await expect(cachedFolder({ ...options, cacheDir: dir, make: fail })).rejects.toThrow(
            "broken",
        );
        expect(fs.readdirSync(dir)).toEqual([]);
        const folder = await cachedFolder({ ...options, cacheDir: dir, make: async () => {} });
        expect(fs.readdirSync(folder)).toEqual([]);
    });

    test("what a killed set-up left is removed", async () => {
        fs.mkdirSync(path.join(dir, "thing-k0.unfinished-1234"));
        fs.mkdirSync(path.join(dir, "other-k0.unfinished-1234"));
        await cachedFolder({ ...options, cacheDir: dir, make: async () => {} });
        expect(unfinished()).toEqual(["other-k0.unfinished-1234"]);
    });

    test("a disk without room is said before the work", async () => {
        const make = jest.fn();
        await expect(
            cachedFolder({ ...options, cacheDir: dir, needGiB: 1e9, make }),
        ).rejects.toThrow(/needs 1000000000 GiB .* EPHEMERAL_GPU_CI_CACHE/s);
        expect(make).not.toHaveBeenCalled();
    });
});

describe("a failed download is not tried again within a day", () => {
    const HOUR = 3_600_000;

    test.each([
        [0, true],
        [23 * HOUR, true],
        [25 * HOUR, false],
        [-HOUR, false], // the clock was set back: better to try
    ])("after %d ms: %s", (later, expected) => {
        new FailureMemory(dir, () => 1e12).remember("aws", "7.48.0");
        const memory = new FailureMemory(dir, () => 1e12 + later);
        expect(memory.failedLately("aws", "7.48.0")).toBe(expected);
        expect(memory.failedLately("aws", "7.49.0")).toBe(false);
        expect(memory.failedLately("random", "7.48.0")).toBe(false);
    });

    test("a damaged file means: try", () => {
        fs.writeFileSync(path.join(dir, "failed-downloads.json"), "{");
        expect(new FailureMemory(dir).failedLately("aws", "7.48.0")).toBe(false);
    });
});
