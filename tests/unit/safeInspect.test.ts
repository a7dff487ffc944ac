import { spawnSync } from "node:child_process";
import { join } from "node:path";

// In a process of its own: where the guard does not work, Node hangs.
test("an error with a frame in node_modules/@scope/file is printed at once", () => {
    const program = `
        require("tsx/cjs");
        require(${JSON.stringify(join(__dirname, "../../common/safeInspect.ts"))});
        const error = new Error("a defect");
        error.stack = "Error: a defect\\n    at f (/p/node_modules/@pulumi/resource.ts:1598:22)";
        console.log(require("node:util").inspect(error, { colors: true }));
    `;
    const { stdout, status } = spawnSync(process.execPath, ["-e", program], {
        cwd: join(__dirname, "../.."),
        encoding: "utf8",
        timeout: 10_000,
    });
    expect(status).toBe(0);
    expect(stdout).toContain("a defect");
});
