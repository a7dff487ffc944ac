import { readFileSync } from "node:fs";

import { DOCS_FILE, permissionsDocs } from "../../../scripts/permissionsDocs";

test("docs/permissions.md is what the policies say; else run npm run docs:permissions", () => {
    expect(readFileSync(DOCS_FILE, "utf8")).toBe(permissionsDocs());
});
