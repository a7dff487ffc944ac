import "./common/safeInspect";

import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { isUserError } from "./common/userError";
import { guardRequest } from "./guardRequest";
import { findCallerCidr, findFoundation, GpuTestRun } from "./components";
import { SERVER_URL } from "./machine/serverFiles";
import { parseSettings, SETTING_KEYS, Settings } from "./settings";
import { planRequest } from "./planRequest";
import { ownSuite } from "./suiteRequest";
import { planRun } from "./sizing";
import { bundleSuite } from "./suite/bundle";

/** The stack: settings -> plan -> GpuTestRun -> outputs. */
async function stack() {
    const settings = readSettings();
    const plan = planRun(planRequest(settings, ".", region()));
    const [candidate] = plan.candidates;
    const own = ownSuite(settings, ".");

    // Whatever can be refused is refused here, before anything exists.
    const [foundation, callerCidr] = await Promise.all([
        findFoundation(settings),
        settings.callerCidr ?? findCallerCidr(),
    ]);

    const runId = settings.runId ?? madeUpRunId(settings);
    const { attempt, tier, owner } = settings;
    const run = new GpuTestRun("run", {
        run: pulumi.output(runId).apply((id) => ({ runId: id, attempt, tier, owner })),
        instanceType: candidate.instanceType,
        market: candidate.market,
        zone: candidate.zone ?? undefined,
        deadlineMinutes: plan.deadlineMinutes,
        ...guardRequest(settings),
        // How long an own suite takes nobody knows: the deadline is its limit.
        expectedMinutes: own ? { ...plan.minutes, suite: plan.deadlineMinutes } : plan.minutes,
        callerCidr,
        foundation,
        amiId: settings.amiId,
        subnetId: settings.subnetId,
        volumeGiB: Math.max(settings.volumeGiB, plan.volumeGiB),
        reportBucket: settings.reportBucket,
        reportEndpoint: settings.reportEndpoint,
        serverImage: settings.serverImage,
        serverArgs: plan.server.args,
        serverLadder: plan.server.ladder,
        suiteImage: settings.suiteImage,
        // Not waited for: the machine boots meanwhile.
        suiteDir: own ? own.dir : bundleSuite(join("dist", "suite")),
        suiteCommand: own?.command ?? [
            ...["node", "/suite/suite.js", "--url", SERVER_URL],
            ...["--model", plan.model.id, "--tier", tier, "--out", "/report"],
        ],
        suiteOutput: own ? "junit" : "results",
        reportDir: settings.reportDir ?? pulumi.interpolate`reports/${runId}`,
    });

    return {
        runId,
        instanceId: run.instanceId,
        publicIp: run.publicIp,
        deadline: run.deadline,
        verdict: run.verdict,
        reportPath: run.reportPath,
        estimatedPriceUsd: plan.price.expectedUsd,
        model: plan.model.id,
        precision: plan.precision,
        instanceType: candidate.instanceType,
        market: candidate.market,
    };
}

function readSettings(): Settings {
    const config = new pulumi.Config();
    const given = SETTING_KEYS.map((key) => [key, config.get(key)]);
    return parseSettings(Object.fromEntries(given));
}

/** Where the provider will launch; prices differ by region. */
function region(): string | undefined {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    return new pulumi.Config("aws").get("region") || AWS_REGION || AWS_DEFAULT_REGION || undefined;
}

/** For a plain `pulumi up`: made up once, kept in state, so that a second `up` is the same run. */
function madeUpRunId(settings: Settings): pulumi.Output<string> {
    const suffix = new random.RandomId("run-id", { byteLength: 4 });
    return pulumi.interpolate`${settings.tier}-${suffix.hex}`;
}

// The language host knows this code as "the message was shown": no stack trace, nothing is deleted.
const MESSAGE_WAS_SHOWN = 32;

export = async () => {
    try {
        return await stack();
    } catch (error) {
        if (!isUserError(error)) {
            throw error;
        }
        await pulumi.log.error(error.message);
        process.exit(MESSAGE_WAS_SHOWN);
    }
};
