import { FOUNDATION_NAMES, resourceName, runTags } from "../../../components/names";
import { ciPolicy } from "../../../foundation/policies/ci";
import { deadlinePolicy } from "../../../foundation/policies/deadline";
import { type PolicyDocument } from "../../../foundation/policies/document";
import { machinePolicy } from "../../../foundation/policies/machine";
import { terminatorPolicy } from "../../../foundation/policies/terminator";
import { AMI_PARAMETER } from "../../../machine/image";
import { requestsOf } from "../../permissions/requests";
import { ACCOUNT, isAllowed, type IamRequest } from "../../permissions/simulate";

const REGION = "us-east-1";
const Bucket = "acme-gpu-reports";
const BUCKET = `arn:aws:s3:::${Bucket}`;
const RUN = { runId: "commit-1", attempt: 1, tier: "commit", owner: "ci" };
const OURS = runTags(RUN, "2026-11-24T07:00:00Z");
const NAME = resourceName(RUN);
const STRANGERS = { team: "search", Name: "production" };

const arn = (service: string, resource: string, region = REGION, account: string = ACCOUNT.id) =>
    `arn:aws:${service}:${region}:${account}:${resource}`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT.id}:role/${name}`;
const terminator = (region = REGION) =>
    arn("states", `stateMachine:${FOUNDATION_NAMES.terminatorName}`, region);

const POLICIES: Record<string, PolicyDocument> = {
    CI: ciPolicy({ account: ACCOUNT, reportBucketArn: BUCKET }),
    "the machine": machinePolicy(BUCKET),
    "the terminator": terminatorPolicy(ACCOUNT),
    "a deadline": deadlinePolicy([terminator()]),
};

type Tags = Readonly<Record<string, string>>;
type Params = Record<string, unknown>;

/** A call as it would be recorded. */
function call(service: string, action: string, params: Params, tagsOf: Record<string, Tags> = {}) {
    return requestsOf({ service, action, region: REGION, params, resourceTags: tagsOf });
}

/** One request that no call of ours makes. */
function ask(action: string, resource: string, context: IamRequest["context"] = {}): IamRequest[] {
    return [{ action, resource, context }];
}

const ofType = (ResourceType: string, tags: Tags) => ({
    ResourceType,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

function launch(changes: Params = {}, used: { group?: Tags; key?: Tags } = {}): IamRequest[] {
    const { group = OURS, key = OURS } = used;
    return call(
        "ec2",
        "RunInstances",
        {
            ImageId: "ami-0123456789abcdef0",
            InstanceType: "g6.xlarge",
            KeyName: NAME,
            IamInstanceProfile: { Name: FOUNDATION_NAMES.instanceProfileName },
            MetadataOptions: { HttpTokens: "required" },
            NetworkInterfaces: [{ Groups: ["sg-0123456789abcdef0"] }],
            TagSpecifications: [ofType("instance", OURS), ofType("volume", OURS)],
            ...changes,
        },
        { "sg-0123456789abcdef0": group, [NAME]: key },
    );
}

const tagged = (instance: Tags, volume: Tags = instance) => ({
    TagSpecifications: [ofType("instance", instance), ofType("volume", volume)],
});

function without(key: keyof typeof OURS): Tags {
    return Object.fromEntries(Object.entries(OURS).filter(([name]) => name !== key));
}

const MACHINE = "i-0123456789abcdef0";
const onMachine = (action: string, tags: Tags) =>
    call(
        "ec2",
        action,
        action === "GetConsoleOutput" || action === "DescribeInstanceAttribute"
            ? { InstanceId: MACHINE }
            : { InstanceIds: [MACHINE] },
        { [MACHINE]: tags },
    );
const onGroup = (action: string, tags: Tags) =>
    call("ec2", action, { GroupId: "sg-0123456789abcdef0" }, { "sg-0123456789abcdef0": tags });
const retag = (tags: Tags, from: Tags) =>
    call(
        "ec2",
        "CreateTags",
        { Resources: [MACHINE], Tags: ofType("instance", tags).Tags },
        { [MACHINE]: from },
    );
const schedule = (
    action: string,
    name: string,
    roleName: string = FOUNDATION_NAMES.deadlineRoleName,
) =>
    call("scheduler", action, {
        Name: name,
        GroupName: "default",
        Target: { Arn: terminator(), RoleArn: role(roleName) },
    });
const pass = (name: string, service: string) =>
    ask("iam:PassRole", role(name), { "iam:PassedToService": service });

type Row = readonly [
    who: keyof typeof POLICIES,
    may: "may" | "may not",
    what: string,
    IamRequest[],
];

const ROWS: readonly Row[] = [
    // Rent
    ["CI", "may", "launch a tagged machine that demands IMDSv2", launch()],
    [
        "CI",
        "may",
        "launch one on the spot market",
        launch({ InstanceMarketOptions: { MarketType: "spot" } }),
    ],
    ["CI", "may", "launch one into a subnet of its choice", launch({ SubnetId: "subnet-1" })],
    ["CI", "may not", "launch a machine without tags", launch({ TagSpecifications: [] })],
    ["CI", "may not", "launch a machine without product", launch(tagged(without("product")))],
    ["CI", "may not", "launch a machine without run", launch(tagged(without("run")))],
    ["CI", "may not", "launch a machine without attempt", launch(tagged(without("attempt")))],
    ["CI", "may not", "launch a machine without deadline", launch(tagged(without("expires-at")))],
    [
        "CI",
        "may not",
        "launch a machine as another product's",
        launch(tagged({ ...OURS, product: "ephemeral-gpu-ci-2" })),
    ],
    [
        "CI",
        "may not",
        "launch a machine whose product is in capitals",
        launch(tagged({ ...OURS, product: "Ephemeral-GPU-CI" })),
    ],
    [
        "CI",
        "may not",
        "launch a machine whose key of product is in capitals",
        launch(tagged({ ...without("product"), PRODUCT: "ephemeral-gpu-ci" })),
    ],
    [
        "CI",
        "may not",
        "launch a machine whose volumes have no tags",
        launch({ TagSpecifications: [ofType("instance", OURS)] }),
    ],
    [
        "CI",
        "may not",
        "launch a machine whose volumes have no deadline",
        launch(tagged(OURS, without("expires-at"))),
    ],
    [
        "CI",
        "may not",
        "launch a machine on which IMDSv1 answers",
        launch({ MetadataOptions: { HttpTokens: "optional" } }),
    ],
    [
        "CI",
        "may not",
        "launch a machine that leaves IMDSv2 to chance",
        launch({ MetadataOptions: undefined }),
    ],
    [
        "CI",
        "may not",
        "launch a machine into a stranger's security group",
        launch({}, { group: STRANGERS }),
    ],
    ["CI", "may not", "launch a machine with a stranger's key", launch({}, { key: STRANGERS })],
    [
        "CI",
        "may not",
        "launch a machine with an administrator's role",
        launch({ IamInstanceProfile: { Name: "administrator" } }),
    ],
    [
        "CI",
        "may not",
        "tag a network interface in passing",
        launch({
            TagSpecifications: [
                ofType("instance", OURS),
                ofType("volume", OURS),
                ofType("network-interface", OURS),
            ],
        }),
    ],
    [
        "CI",
        "may",
        "make a tagged security group",
        call("ec2", "CreateSecurityGroup", {
            GroupName: NAME,
            TagSpecifications: [ofType("security-group", OURS)],
        }),
    ],
    [
        "CI",
        "may not",
        "make a security group without tags",
        call("ec2", "CreateSecurityGroup", { GroupName: NAME }),
    ],
    [
        "CI",
        "may",
        "bring a tagged key",
        call("ec2", "ImportKeyPair", {
            KeyName: NAME,
            TagSpecifications: [ofType("key-pair", OURS)],
        }),
    ],
    [
        "CI",
        "may not",
        "bring a key by a name that is no run's",
        call("ec2", "ImportKeyPair", {
            KeyName: "production",
            TagSpecifications: [ofType("key-pair", OURS)],
        }),
    ],
    // Change and end
    ["CI", "may", "end a machine of ours", onMachine("TerminateInstances", OURS)],
    ["CI", "may not", "end a stranger's machine", onMachine("TerminateInstances", STRANGERS)],
    ["CI", "may not", "end a machine without tags", onMachine("TerminateInstances", {})],
    [
        "CI",
        "may not",
        "end a machine of product ephemeral-gpu-ci-2",
        onMachine("TerminateInstances", { ...OURS, product: "ephemeral-gpu-ci-2" }),
    ],
    [
        "CI",
        "may not",
        "end a machine of product Ephemeral-GPU-CI",
        onMachine("TerminateInstances", { ...OURS, product: "Ephemeral-GPU-CI" }),
    ],
    [
        "CI",
        "may not",
        "end a machine of which only run, attempt and deadline look like ours",
        onMachine("TerminateInstances", without("product")),
    ],
    [
        "CI",
        "may not",
        "end a machine of ours and a stranger's in one call",
        call(
            "ec2",
            "TerminateInstances",
            { InstanceIds: [MACHINE, "i-0fedcba9876543210"] },
            { [MACHINE]: OURS, "i-0fedcba9876543210": STRANGERS },
        ),
    ],
    [
        "CI",
        "may not",
        "end a machine of another account",
        ask("ec2:TerminateInstances", arn("ec2", `instance/${MACHINE}`, REGION, "999999999999"), {
            "aws:ResourceTag/product": "ephemeral-gpu-ci",
        }),
    ],
    ["CI", "may not", "make a stranger's machine ours by tags", retag(OURS, STRANGERS)],
    ["CI", "may not", "make an untagged machine ours by tags", retag(OURS, {})],
    ["CI", "may not", "move the deadline of a machine of ours", retag(OURS, OURS)],
    [
        "CI",
        "may not",
        "take tags off a machine of ours",
        ask("ec2:DeleteTags", arn("ec2", `instance/${MACHINE}`), {
            "aws:ResourceTag/product": "ephemeral-gpu-ci",
        }),
    ],
    ["CI", "may not", "stop a machine, which would keep it", onMachine("StopInstances", OURS)],
    [
        "CI",
        "may not",
        "change a machine, such as what its power-off does",
        ask("ec2:ModifyInstanceAttribute", arn("ec2", `instance/${MACHINE}`), {
            "aws:ResourceTag/product": "ephemeral-gpu-ci",
        }),
    ],
    [
        "CI",
        "may not",
        "allow IMDSv1 on a machine that runs",
        ask("ec2:ModifyInstanceMetadataOptions", arn("ec2", `instance/${MACHINE}`), {
            "aws:ResourceTag/product": "ephemeral-gpu-ci",
        }),
    ],
    ["CI", "may", "read the console of a machine of ours", onMachine("GetConsoleOutput", OURS)],
    [
        "CI",
        "may not",
        "read the console of a stranger's machine",
        onMachine("GetConsoleOutput", STRANGERS),
    ],
    [
        "CI",
        "may not",
        "read the user data of a stranger's machine",
        onMachine("DescribeInstanceAttribute", STRANGERS),
    ],
    ["CI", "may", "open a security group of ours", onGroup("AuthorizeSecurityGroupIngress", OURS)],
    [
        "CI",
        "may not",
        "open a stranger's security group",
        onGroup("AuthorizeSecurityGroupIngress", STRANGERS),
    ],
    [
        "CI",
        "may not",
        "close a stranger's security group",
        onGroup("RevokeSecurityGroupIngress", STRANGERS),
    ],
    ["CI", "may not", "delete a stranger's security group", onGroup("DeleteSecurityGroup", {})],
    [
        "CI",
        "may not",
        "delete a stranger's key",
        call("ec2", "DeleteKeyPair", { KeyName: "production" }, { production: STRANGERS }),
    ],
    [
        "CI",
        "may",
        "delete a volume of ours",
        call("ec2", "DeleteVolume", { VolumeId: "vol-1" }, { "vol-1": OURS }),
    ],
    [
        "CI",
        "may not",
        "delete a stranger's volume",
        call("ec2", "DeleteVolume", { VolumeId: "vol-1" }, { "vol-1": STRANGERS }),
    ],
    [
        "CI",
        "may not",
        "give a stranger's address back",
        call("ec2", "ReleaseAddress", { AllocationId: "eipalloc-1" }),
    ],
    // Arm
    ["CI", "may", "arm a deadline", schedule("CreateSchedule", NAME)],
    ["CI", "may", "delete a run's schedule", schedule("DeleteSchedule", NAME)],
    [
        "CI",
        "may not",
        "arm a schedule with an administrator's role",
        schedule("CreateSchedule", NAME, "administrator"),
    ],
    [
        "CI",
        "may not",
        "arm a schedule by a name that is no run's",
        schedule("CreateSchedule", "nightly"),
    ],
    ["CI", "may not", "delete a stranger's schedule", schedule("DeleteSchedule", "nightly")],
    [
        "CI",
        "may not",
        "delete the account's sweep",
        schedule("DeleteSchedule", FOUNDATION_NAMES.sweepName),
    ],
    [
        "CI",
        "may not",
        "move a deadline by changing its schedule",
        ask("scheduler:UpdateSchedule", arn("scheduler", `schedule/default/${NAME}`)),
    ],
    [
        "CI",
        "may not",
        "start the terminator itself",
        call("stepfunctions", "StartExecution", { stateMachineArn: terminator() }),
    ],
    [
        "CI",
        "may not",
        "start another state machine",
        ask("states:StartExecution", arn("states", "stateMachine:payroll")),
    ],
    ["CI", "may not", "change the terminator", ask("states:UpdateStateMachine", terminator())],
    // Roles
    ["CI", "may", "give a machine its role", pass("ephemeral-gpu-ci-machine", "ec2.amazonaws.com")],
    [
        "CI",
        "may not",
        "give a machine the deadlines' role",
        pass("ephemeral-gpu-ci-deadline", "ec2.amazonaws.com"),
    ],
    [
        "CI",
        "may not",
        "give a machine the terminator's role",
        pass("ephemeral-gpu-ci-terminator", "ec2.amazonaws.com"),
    ],
    [
        "CI",
        "may not",
        "give the machine's role to Lambda",
        pass("ephemeral-gpu-ci-machine", "lambda.amazonaws.com"),
    ],
    [
        "CI",
        "may not",
        "give an administrator's role to EC2",
        pass("administrator", "ec2.amazonaws.com"),
    ],
    ["CI", "may not", "make a role", ask("iam:CreateRole", role("mine"))],
    ["CI", "may not", "widen its own policy", ask("iam:PutRolePolicy", role("ci"))],
    ["CI", "may not", "make a user", ask("iam:CreateUser", `arn:aws:iam::${ACCOUNT.id}:user/mine`)],
    ["CI", "may not", "take another role", ask("sts:AssumeRole", role("administrator"))],
    [
        "CI",
        "may",
        "look at the image's parameter",
        call("ssm", "GetParameter", { Name: AMI_PARAMETER }),
    ],
    [
        "CI",
        "may not",
        "read a parameter of the account's",
        ask("ssm:GetParameter", arn("ssm", "parameter/database/password")),
    ],
    [
        "CI",
        "may not",
        "do in another partition what it does in this one",
        ask(
            "ec2:TerminateInstances",
            `arn:aws-cn:ec2:cn-north-1:${ACCOUNT.id}:instance/${MACHINE}`,
            { "aws:ResourceTag/product": "ephemeral-gpu-ci" },
        ),
    ],
    [
        "CI",
        "may",
        "read a report",
        call("s3", "GetObject", { Bucket, Key: "runs/commit-1/report.html" }),
    ],
    [
        "CI",
        "may",
        "list reports",
        call("s3", "ListObjectsV2", { Bucket, Prefix: "runs/commit-1/" }),
    ],
    ["CI", "may not", "list all of the bucket", call("s3", "ListObjectsV2", { Bucket })],
    [
        "CI",
        "may not",
        "change a report",
        call("s3", "PutObject", { Bucket, Key: "runs/commit-1/receipt.json" }),
    ],
    // The machine
    [
        "the machine",
        "may",
        "store its report",
        call("s3", "PutObject", { Bucket, Key: "runs/commit-1/report.html" }),
    ],
    [
        "the machine",
        "may not",
        "store anything beside the reports",
        call("s3", "PutObject", { Bucket, Key: "index.html" }),
    ],
    [
        "the machine",
        "may not",
        "store anything in another bucket",
        call("s3", "PutObject", { Bucket: "acme-backups", Key: "runs/commit-1/report.html" }),
    ],
    [
        "the machine",
        "may not",
        "read a report",
        call("s3", "GetObject", { Bucket, Key: "runs/commit-1/report.html" }),
    ],
    [
        "the machine",
        "may not",
        "delete a report",
        ask("s3:DeleteObject", `${BUCKET}/runs/commit-1/report.html`),
    ],
    ["the machine", "may not", "launch machines", launch()],
    ["the machine", "may not", "end itself by the API", onMachine("TerminateInstances", OURS)],
    ["the machine", "may not", "look at machines", call("ec2", "DescribeInstances", {})],
    // The terminator
    ["the terminator", "may", "end a machine of ours", onMachine("TerminateInstances", OURS)],
    [
        "the terminator",
        "may",
        "do so in any region",
        ask("ec2:TerminateInstances", arn("ec2", `instance/${MACHINE}`, "eu-west-1"), {
            "aws:ResourceTag/product": "ephemeral-gpu-ci",
        }),
    ],
    [
        "the terminator",
        "may not",
        "end a stranger's machine",
        onMachine("TerminateInstances", STRANGERS),
    ],
    [
        "the terminator",
        "may not",
        "end a machine without tags",
        onMachine("TerminateInstances", {}),
    ],
    [
        "the terminator",
        "may not",
        "end a machine of product ephemeral-gpu-ci-2",
        onMachine("TerminateInstances", { product: "ephemeral-gpu-ci-2" }),
    ],
    ["the terminator", "may not", "make a stranger's machine ours", retag(OURS, STRANGERS)],
    [
        "the terminator",
        "may not",
        "start another state machine",
        call("stepfunctions", "StartExecution", {
            stateMachineArn: arn("states", "stateMachine:payroll"),
        }),
    ],
    [
        "the terminator",
        "may not",
        "tell another topic",
        call("sns", "Publish", { TopicArn: arn("sns", "everybody") }),
    ],
    // A deadline
    [
        "a deadline",
        "may",
        "start the terminator",
        call("stepfunctions", "StartExecution", { stateMachineArn: terminator() }),
    ],
    [
        "a deadline",
        "may not",
        "start another state machine",
        call("stepfunctions", "StartExecution", {
            stateMachineArn: arn("states", "stateMachine:payroll"),
        }),
    ],
    [
        "a deadline",
        "may not",
        "start a terminator in a region that was not named",
        call("stepfunctions", "StartExecution", { stateMachineArn: terminator("eu-west-1") }),
    ],
    ["a deadline", "may not", "end a machine itself", onMachine("TerminateInstances", OURS)],
];

test.each(ROWS)("%s %s %s", async (who, may, _what, requests) => {
    expect(requests.length).toBeGreaterThan(0);
    const decisions = await Promise.all(
        requests.map((request) => isAllowed(POLICIES[who], request)),
    );
    // A call is allowed when all that it needs is.
    expect(decisions.every(Boolean) ? "may" : "may not").toBe(may);
});

test("a condition key that AWS does not know for an action is an error, not a refusal", async () => {
    const [request] = onMachine("TerminateInstances", OURS);
    const wrong = { ...request, context: { "ec2:CreateAction": "RunInstances" } };
    await expect(isAllowed(POLICIES.CI, wrong)).rejects.toThrow(/has no condition keys/);
});

test("a launch is decided on everything that AWS decides it on, and on what it uses beside", () => {
    const kinds = launch().map(({ action, resource }) => `${action} ${resource.split(/[:/]/)[5]}`);
    expect([...new Set(kinds)].sort()).toEqual([
        "ec2:CreateTags instance",
        "ec2:CreateTags volume",
        "ec2:RunInstances image",
        "ec2:RunInstances instance",
        "ec2:RunInstances key-pair",
        "ec2:RunInstances network-interface",
        "ec2:RunInstances security-group",
        "ec2:RunInstances subnet",
        "ec2:RunInstances volume",
        "iam:PassRole role",
    ]);
});

test("in other partitions every ARN is of that partition", () => {
    for (const partition of ["aws-cn", "aws-us-gov"]) {
        const text = JSON.stringify([
            ciPolicy({ account: { partition, id: ACCOUNT.id } }),
            terminatorPolicy({ partition, id: ACCOUNT.id }),
        ]);
        expect(text).not.toContain("arn:aws:");
        expect(text).toContain(`arn:${partition}:ec2:*:${ACCOUNT.id}:instance/*`);
    }
});

test("the policy for CI fits into a managed policy", () => {
    // 6,144 characters, white space not counted, with the longest names that an account can have:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    const account = { partition: "aws-us-gov", id: ACCOUNT.id };
    const reportBucketArn = `arn:aws-us-gov:s3:::${"b".repeat(63)}`;
    const text = JSON.stringify(ciPolicy({ account, reportBucketArn }));
    expect(text.replace(/\s/g, "").length).toBeLessThanOrEqual(6144);
});
