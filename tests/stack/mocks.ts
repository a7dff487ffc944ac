import * as pulumi from "@pulumi/pulumi";

/** A resource as the engine was asked for it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, any>;
}

const SEED = Buffer.alloc(32, 7).toString("base64");

/** State that providers would add, by type. */
function computed(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
    switch (args.type) {
        case "random:index/randomBytes:RandomBytes":
            return { base64: SEED, hex: Buffer.from(SEED, "base64").toString("hex") };
        case "random:index/randomId:RandomId":
            return { hex: "3f9a1c2b" };
        case "command:local:Command":
            return args.inputs.stdin === undefined
                ? { stdout: "2026-11-24T07:00:00Z" }
                : { stdout: JSON.parse(secretValue(args.inputs.stdin)).localDir };
        case "command:remote:Command":
            return {
                stdout: 'a line\n{"verdict":"failed","exitStatus":"1","endedAt":"2026-11-24T06:50:00Z"}',
            };
        case "aws:ec2/instance:Instance":
            return { publicIp: "203.0.113.9" };
        default:
            return { arn: `arn:mock:${args.name}` };
    }
}

/** The value inside the engine's wrapper of a secret. */
export function secretValue(value: any): string {
    return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}

export interface MockOptions {
    /** The project's settings, by key. */
    readonly config?: Record<string, string>;
    /** Functions of providers that fail, with the message of their error. */
    readonly failingCalls?: Record<string, string>;
}

const SLOW_TYPES = ["aws:scheduler/schedule:Schedule", "aws:iam/rolePolicy:RolePolicy"];
const PROJECT = "ephemeral-gpu-ci";

/** Mocks the engine; gives the list to which every registered resource is added. */
export async function recordResources(options: MockOptions = {}): Promise<Registered[]> {
    const registered: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            async newResource(args) {
                // Slow on purpose: whatever does not really wait for these overtakes them.
                if (SLOW_TYPES.includes(args.type)) {
                    await new Promise((resolve) => setTimeout(resolve, 200));
                }
                registered.push({ type: args.type, name: args.name, inputs: args.inputs });
                return { id: `${args.name}-id`, state: { ...args.inputs, ...computed(args) } };
            },
            call(args) {
                const failure = options.failingCalls?.[args.token];
                if (failure !== undefined) {
                    // The engine's answer comes by gRPC, whose errors have their text here.
                    throw Object.assign(new Error(failure), { details: failure });
                }
                if (args.token === "aws:ec2/getSubnet:getSubnet") {
                    return { ...args.inputs, vpcId: `vpc-of-${args.inputs.id}` };
                }
                if (args.token === "aws:ssm/getParameter:getParameter") {
                    return { ...args.inputs, value: "ami-0123456789abcdef0" };
                }
                if (args.token === "aws:index/getCallerIdentity:getCallerIdentity") {
                    return { accountId: "123456789012", arn: "arn:aws:sts::123456789012:user/me" };
                }
                return { ...args.inputs, arn: `arn:mock:${args.inputs.name ?? args.token}` };
            },
        },
        PROJECT,
        "dev",
        false,
    );
    pulumi.runtime.setAllConfig(
        Object.fromEntries(
            Object.entries(options.config ?? {}).map(([key, value]) => [
                `${PROJECT}:${key}`,
                value,
            ]),
        ),
    );
    return registered;
}

/** The value of an output, once everything that it hangs on is there. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => output.apply((value) => resolve(value)));
}
