import { readFileSync } from "node:fs";
import { join } from "node:path";

import { sizingDocs } from "../../../scripts/sizingDocs";

test("docs/sizing.md is what the estimator says; else run npm run docs:sizing", () => {
    const written = readFileSync(join(__dirname, "../../../docs/sizing.md"), "utf8");
    expect(written).toBe(sizingDocs());
});
