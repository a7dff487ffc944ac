import "./common/safeInspect";

import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { isBucketUrl } from "./common/bucketUrl";
import { isUserError, UserError } from "./common/userError";
import { guardRequest } from "./guardRequest";
import { findCallerCidr, findFoundation, GpuTestRun } from "./components";
import { SERVER_URL } from "./machine/serverFiles";
import { parseSettings, SETTING_KEYS, Settings } from "./settings";
import { planRequest } from "./planRequest";
import { ownSuite } from "./suiteRequest";
import { planRun } from "./sizing";
import { Baseline, loadBaseline } from "./suite/baseline/loadBaseline";
import { placeOfBaseline, putBaseline } from "./suite/baseline/putBaseline";
import { bundleSuite } from "./suite/bundle";

/** The stack: settings -> plan -> GpuTestRun -> outputs. */
async function stack() {
    const settings = readSettings();
    const plan = planRun(planRequest(settings, ".", region()));
    const [candidate] = plan.candidates;
    const own = ownSuite(settings, ".");

    const baseline = readBaseline(settings);

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
        suiteDir: own ? own.dir : bundle(baseline),
        suiteCommand: own?.command ?? [
            ...["node", "/suite/suite.js", "--url", SERVER_URL],
            ...["--model", plan.model.id, "--tier", tier, "--out", "/report"],
            ...(baseline ? ["--baseline", `/suite/${placeOfBaseline(baseline)}`] : []),
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

/** @throws UserError where it is none, or in a bucket, from which only the driver fetches. */
function readBaseline({ baseline }: Settings): Baseline | undefined {
    if (baseline !== undefined && isBucketUrl(baseline)) {
        throw new UserError(
            `the baseline ${baseline} is in a bucket.`,
            "a file, for pulumi up",
            "use gpu-ci run, or fetch it first",
        );
    }
    return baseline === undefined ? undefined : loadBaseline(baseline);
}

async function bundle(baseline: Baseline | undefined): Promise<string> {
    const dir = await bundleSuite(join("dist", "suite"));
    putBaseline(dir, baseline);
    return dir;
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
