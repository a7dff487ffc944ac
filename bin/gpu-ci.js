#!/usr/bin/env node
// Node 20 is supported here with pinned SDK versions; the SDK's notice about its future ones would
// be the first thing that every run prints.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// TypeScript without a build: tsx compiles each file as it is loaded.
require("tsx/cjs");
require("../scripts/gpuCi.ts");
