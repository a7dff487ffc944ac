// Plain JavaScript without dependencies: `npm run rehearse` and `npm test` start here in a checkout
// that has no node_modules yet. Installs what package-lock.json pins when it has not been installed,
// then runs a TypeScript program in this same process: node scripts/setup/bootstrap.js FILE [ARGUMENTS]
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const NODE_MAJOR_MIN = 20;
const root = resolve(__dirname, "..", "..");
const [file, ...rest] = process.argv.slice(2);

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
    console.error(
        `this is Node ${process.versions.node}. Allowed: ${NODE_MAJOR_MIN} or newer. Next: install a newer Node.`,
    );
    process.exit(2);
}

const stamp = join(root, "node_modules", ".ephemeral-gpu-ci-installed");
const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    const startedAt = Date.now();
    console.error("installing the packages that package-lock.json pins (npm ci)");
    const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
    });
    if (install.status !== 0) {
        console.error("npm ci failed. Next: read its message above; it needs the npm registry.");
        process.exit(2);
    }
    writeFileSync(stamp, wanted);
    console.error(`packages installed (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
}

const program = resolve(root, file);
process.argv = [process.argv[0], program, ...rest];
require(join(root, "node_modules", "tsx", "dist", "cjs", "index.cjs"));
require(program);
