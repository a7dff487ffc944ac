// From the quickest to the slowest; `npx jest --selectProjects unit` runs one of them.
const shared = {
    testEnvironment: "node",
    transform: {
        "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
    },
    modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/reports/"],
};

module.exports = {
    projects: [
        { ...shared, displayName: "unit", testMatch: ["<rootDir>/tests/unit/**/*.test.ts"] },
        { ...shared, displayName: "stack", testMatch: ["<rootDir>/tests/stack/**/*.test.ts"] },
        { ...shared, displayName: "browser", testMatch: ["<rootDir>/tests/browser/**/*.test.ts"] },
        {
            ...shared,
            displayName: "rehearsal",
            testMatch: ["<rootDir>/tests/rehearsal/**/*.test.ts"],
        },
    ],
};
