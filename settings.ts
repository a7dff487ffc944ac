import { z } from "zod";

import { BUCKET_URLS, isBucketUrl, parseBucketUrl } from "./common/bucketUrl";
import { commandWords } from "./common/commandWords";
import { UserError } from "./common/userError";
import { FOUNDATION_NAMES } from "./components/names";
import { HEARTBEAT_RULES } from "./machine/guard";
import {
    BUCKET_NAMES,
    isBucketName,
    isReportEndpoint,
    REPORT_ENDPOINTS,
} from "./machine/reportBucket";
import { DEADLINE_MINUTES, MARKET_CHOICES, TIER_NAMES } from "./sizing";

const SERVER_IMAGE =
    "vllm/vllm-openai:v0.31.0@sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3";
const SUITE_IMAGE =
    "node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5";

// The plan knows the model's own limits; these only keep out what no model has.
const MOST_TOKENS = 10_000_000;
const MOST_PIXELS = 1_000_000_000;

/** A whole number given as text, as stack settings and the environment give it. */
function wholeNumber(name: string, min: number, max: number) {
    return z.string().transform((text, context) => {
        const value = Number(text);
        if (!Number.isInteger(value) || value < min || value > max) {
            context.addIssue({
                code: "custom",
                message: `${name} is "${text}"\u001fa whole number from ${min} to ${max}`,
            });
            return z.NEVER;
        }
        return value;
    });
}

function oneOf<const T extends readonly string[]>(name: string, values: T) {
    return z.enum(values, {
        error: (issue) => `${name} is "${String(issue.input)}"\u001f${values.join(", ")}`,
    });
}

function matching(name: string, pattern: RegExp, allowed: string) {
    return z.string().regex(pattern, {
        error: (issue) => `${name} is "${String(issue.input)}"\u001f${allowed}`,
    });
}

function accepted(name: string, isAccepted: (text: string) => boolean, allowed: string) {
    return z.string().refine(isAccepted, {
        error: (issue) => `${name} is "${String(issue.input)}"\u001f${allowed}`,
    });
}

/** True for an IPv4 network in CIDR notation whose host bits are all zero. */
export function isCidr(text: string): boolean {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
    if (match === null) {
        return false;
    }
    const [a, b, c, d, prefix] = match.slice(1).map(Number);
    if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) {
        return false;
    }
    const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    return address % 2 ** (32 - prefix) === 0;
}

const schema = z.object({
    tier: oneOf("tier", TIER_NAMES),
    model: z.string().optional(),
    modelConfig: z.string().optional(),
    precision: z.string().optional(),
    instanceType: z.string().optional(),
    gpu: z.string().optional(),
    market: oneOf("market", MARKET_CHOICES).optional(),
    zone: z.string().optional(),
    fallbackRegions: z.string().optional(),
    maxModelLen: wholeNumber("maxModelLen", 1, MOST_TOKENS).optional(),
    maxNumSeqs: wholeNumber("maxNumSeqs", 1, 1024).optional(),
    maxNumBatchedTokens: wholeNumber("maxNumBatchedTokens", 512, 65536).optional(),
    maxImagePixels: wholeNumber("maxImagePixels", 1, MOST_PIXELS).optional(),
    tensorParallel: wholeNumber("tensorParallel", 1, 8).optional(),
    deadlineMinutes: wholeNumber(
        "deadlineMinutes",
        DEADLINE_MINUTES.min,
        DEADLINE_MINUTES.max,
    ).optional(),
    phaseMinutes: z.string().optional(),
    heartbeatMinutes: wholeNumber("heartbeatMinutes", 1, DEADLINE_MINUTES.max).optional(),
    heartbeatRule: oneOf("heartbeatRule", HEARTBEAT_RULES).optional(),
    idleMinutes: wholeNumber("idleMinutes", 1, DEADLINE_MINUTES.max).optional(),
    budgetUsd: z
        .string()
        .regex(/^\d+(\.\d+)?$/, {
            error: (issue) => `budgetUsd is "${String(issue.input)}"\u001fUS dollars such as 2.50`,
        })
        .transform(Number)
        .optional(),
    callerCidr: z
        .string()
        .refine((text) => isCidr(text), {
            error: (issue) =>
                `callerCidr is "${String(issue.input)}"\u001fan IPv4 network such as 203.0.113.7/32`,
        })
        .refine((text) => !text.endsWith("/0"), {
            error: (issue) =>
                `callerCidr is "${String(issue.input)}"\u001fyour own address or network, not the whole internet`,
        })
        .optional(),
    owner: matching(
        "owner",
        /^[\p{L}\p{N} _.:/=+@-]{1,128}$/u,
        "1 to 128 letters, digits, spaces and _ . : / = + - @",
    ).default("unknown"),
    runId: matching(
        "runId",
        /^[a-z0-9][a-z0-9-]{0,35}$/,
        "up to 36 lower-case letters, digits and hyphens",
    ).optional(),
    attempt: wholeNumber("attempt", 1, 999).default(1),
    serverImage: matching(
        "serverImage",
        /^[\w./:-]+@sha256:[0-9a-f]{64}$/,
        "a container image by digest, name[:tag]@sha256:...",
    ).default(SERVER_IMAGE),
    suiteImage: matching(
        "suiteImage",
        /^[\w./:-]+@sha256:[0-9a-f]{64}$/,
        "a container image by digest, name[:tag]@sha256:...",
    ).default(SUITE_IMAGE),
    suiteDir: z.string().optional(),
    suiteCommand: z.string().transform(commandWords).optional(),
    amiId: matching("amiId", /^ami-[0-9a-f]{8,17}$/, "an image id such as ami-0abc...").optional(),
    subnetId: matching(
        "subnetId",
        /^subnet-[0-9a-f]{8,17}$/,
        "a subnet id such as subnet-0abc...",
    ).optional(),
    volumeGiB: wholeNumber("volumeGiB", 75, 16384).default(150),
    reportDir: z.string().optional(),
    reportBucket: accepted("reportBucket", isBucketName, BUCKET_NAMES).optional(),
    baseline: accepted(
        "baseline",
        (text) => !isBucketUrl(text) || parseBucketUrl(text) !== undefined,
        `a file, or ${BUCKET_URLS}`,
    ).optional(),
    reportEndpoint: accepted("reportEndpoint", isReportEndpoint, REPORT_ENDPOINTS).optional(),
    deadlineRoleName: z.string().default(FOUNDATION_NAMES.deadlineRoleName),
    terminatorName: z.string().default(FOUNDATION_NAMES.terminatorName),
    instanceProfileName: z.string().default(FOUNDATION_NAMES.instanceProfileName),
});

/** What a run was asked for, checked; units are in the names. */
export type Settings = z.output<typeof schema>;
export type SettingKey = keyof Settings;

/** Every key of the stack's settings, in the order of Pulumi.yaml. */
export const SETTING_KEYS = Object.keys(schema.shape) as SettingKey[];

/** `callerCidr` -> `GPU_CI_CALLER_CIDR`. */
export function environmentName(key: string): string {
    return `GPU_CI_${key.replace(/([A-Z])/g, "_$1").toUpperCase()}`;
}

/**
 * Checks the settings of a run. An empty value counts as not given; the environment
 * (`GPU_CI_CALLER_CIDR` for `callerCidr`) wins over the stack's own.
 *
 * @throws UserError that names the first bad value and what is allowed.
 * @example parseSettings({ tier: "commit", deadlineMinutes: "20" }).attempt // 1
 */
export function parseSettings(
    raw: Partial<Record<string, string>>,
    env: NodeJS.ProcessEnv = process.env,
): Settings {
    const unknown = Object.keys(raw).filter((key) => !SETTING_KEYS.includes(key as SettingKey));
    if (unknown.length > 0) {
        throw new UserError(
            `unknown setting "${unknown[0]}"`,
            SETTING_KEYS.join(", "),
            "correct the stack's settings or the --set option",
        );
    }
    const given: Record<string, string> = {};
    for (const key of SETTING_KEYS) {
        const value = env[environmentName(key)] || raw[key];
        if (value !== undefined && value !== "") {
            given[key] = value;
        }
    }
    if (given.tier === undefined) {
        throw new UserError(
            "no tier was given",
            TIER_NAMES.join(", "),
            "pass --tier, or set ephemeral-gpu-ci:tier in the stack's settings",
        );
    }
    const parsed = schema.safeParse(given);
    if (!parsed.success) {
        const [what, allowed] = parsed.error.issues[0].message.split("\u001f");
        throw new UserError(what, allowed, "correct the stack's settings or the command's option");
    }
    return parsed.data;
}
