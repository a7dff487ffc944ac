import { instance } from "../../../rehearsal/providers/aws/instance";
import { keyPair } from "../../../rehearsal/providers/aws/keyPair";
import { schedule } from "../../../rehearsal/providers/aws/schedule";
import { securityGroup } from "../../../rehearsal/providers/aws/securityGroup";
import { stateMachine } from "../../../rehearsal/providers/aws/stateMachine";
import { DEFAULTS_KEY, difference } from "../../../rehearsal/providers/diff";
import { randomBytes } from "../../../rehearsal/providers/random/randomBytes";
import type { ResourceType } from "../../../rehearsal/providers/resourceType";
import { UNKNOWN, type Properties } from "../../../rehearsal/providers/wire";

type Case = [
    what: string,
    olds: Properties,
    news: Properties,
    expected: "same" | "update" | "replace",
];

function verdict(type: ResourceType, olds: Properties, news: Properties): string {
    const { changed, replaces } = difference(type, olds, news);
    return replaces.length > 0 ? "replace" : changed.length > 0 ? "update" : "same";
}

describe("aws.ec2.Instance", () => {
    const state = {
        ami: "ami-1",
        instanceType: "g6.xlarge",
        keyName: "k",
        subnetId: "subnet-1",
        publicIp: "1.2.3.4",
        tags: { run: "r", Name: "n" },
        userData: "#cloud-config",
        userDataReplaceOnChange: true,
        vpcSecurityGroupIds: ["sg-1", "sg-2"],
        metadataOptions: { httpTokens: "required", httpEndpoint: "enabled" },
        rootBlockDevice: { volumeSize: 100, encrypted: true, volumeId: "vol-1", iops: 3000 },
        ebsBlockDevices: [{ deviceName: "/dev/sdb", volumeSize: 10, volumeId: "vol-2" }],
        instanceMarketOptions: undefined,
    };
    const inputs = {
        ami: "ami-1",
        instanceType: "g6.xlarge",
        keyName: "k",
        tags: { Name: "n", run: "r" },
        userData: "#cloud-config",
        userDataReplaceOnChange: true,
        vpcSecurityGroupIds: ["sg-2", "sg-1"],
        metadataOptions: { httpTokens: "required" },
        rootBlockDevice: { volumeSize: 100, encrypted: true },
        ebsBlockDevices: [{ deviceName: "/dev/sdb", volumeSize: 10 }],
    };

    test.each<Case>([
        ["the same inputs, what the cloud chose left out", state, inputs, "same"],
        ["a tag", state, { ...inputs, tags: { run: "r" } }, "update"],
        ["tags left out", state, { ...inputs, tags: undefined }, "update"],
        ["the image", state, { ...inputs, ami: "ami-2" }, "replace"],
        ["the key", state, { ...inputs, keyName: "other" }, "replace"],
        ["the subnet", state, { ...inputs, subnetId: "subnet-2" }, "replace"],
        [
            "the type, which is a stop and a start",
            state,
            { ...inputs, instanceType: "g6.2xlarge" },
            "update",
        ],
        ["the user data", state, { ...inputs, userData: "#other" }, "replace"],
        [
            "the user data without userDataReplaceOnChange",
            state,
            { ...inputs, userData: "#other", userDataReplaceOnChange: false },
            "update",
        ],
        ["a security group", state, { ...inputs, vpcSecurityGroupIds: ["sg-1"] }, "update"],
        ["spot", state, { ...inputs, instanceMarketOptions: { marketType: "spot" } }, "replace"],
        ["the disk's size", state, { ...inputs, rootBlockDevice: { volumeSize: 200 } }, "update"],
        [
            "the disk's encryption",
            state,
            { ...inputs, rootBlockDevice: { encrypted: false } },
            "replace",
        ],
        ["another disk", state, { ...inputs, ebsBlockDevices: [] }, "replace"],
        [
            "metadata options",
            state,
            { ...inputs, metadataOptions: { httpTokens: "optional" } },
            "update",
        ],
        [
            "the shutdown behaviour",
            state,
            { ...inputs, instanceInitiatedShutdownBehavior: "stop" },
            "update",
        ],
        ["an image that is not known yet", state, { ...inputs, ami: UNKNOWN }, "replace"],
        ["a tag that is not known yet", state, { ...inputs, tags: { run: UNKNOWN } }, "update"],
        ["user data that is not known yet", state, { ...inputs, userData: UNKNOWN }, "replace"],
    ])("%s", (_what, olds, news, expected) => {
        expect(verdict(instance, olds, news)).toBe(expected);
    });
});

describe("aws.ec2.SecurityGroup", () => {
    const rule = { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["10.0.0.1/32"] };
    const state = {
        name: "g",
        description: "d",
        ingress: [
            {
                ...rule,
                self: false,
                ipv6CidrBlocks: [],
                prefixListIds: [],
                securityGroups: [],
                description: "",
            },
        ],
        egress: [],
        vpcId: "vpc-1",
    };
    test.each<Case>([
        ["defaults written out", state, { name: "g", description: "d", ingress: [rule] }, "same"],
        [
            "another address",
            state,
            { name: "g", description: "d", ingress: [{ ...rule, cidrBlocks: ["10.0.0.2/32"] }] },
            "update",
        ],
        ["the description", state, { name: "g", description: "e", ingress: [rule] }, "replace"],
        ["the vpc", state, { name: "g", description: "d", vpcId: "vpc-2" }, "replace"],
    ])("%s", (_what, olds, news, expected) => {
        expect(verdict(securityGroup, olds, news)).toBe(expected);
    });

    test("a replacement under the same fixed name deletes first; a generated name does not", () => {
        const news = { name: "g", description: "e" };
        expect(difference(securityGroup, state, news).deleteBeforeReplace).toBe(true);
        expect(
            difference(securityGroup, state, { ...news, [DEFAULTS_KEY]: ["name"] })
                .deleteBeforeReplace,
        ).toBe(false);
        expect(
            difference(securityGroup, state, { ...news, name: "other" }).deleteBeforeReplace,
        ).toBe(false);
    });
});

describe("aws.scheduler.Schedule", () => {
    const target = { arn: "a", roleArn: "r", input: "{}" };
    const state = {
        name: "s",
        groupName: "default",
        flexibleTimeWindow: { mode: "OFF" },
        scheduleExpression: "rate(5 minutes)",
        scheduleExpressionTimezone: "UTC",
        startDate: "2026-11-24T07:00:00Z",
        state: "ENABLED",
        actionAfterCompletion: "DELETE",
        target: {
            ...target,
            retryPolicy: { maximumEventAgeInSeconds: 86400, maximumRetryAttempts: 185 },
        },
    };
    const inputs = { ...state, target, groupName: undefined };
    test.each<Case>([
        ["the default retry policy left out", state, inputs, "same"],
        [
            "the same instant in another zone",
            state,
            { ...inputs, startDate: "2026-11-24T08:00:00+01:00" },
            "same",
        ],
        ["another start", state, { ...inputs, startDate: "2026-11-24T08:00:00Z" }, "update"],
        ["no start any more", state, { ...inputs, startDate: undefined }, "update"],
        ["another input", state, { ...inputs, target: { ...target, input: "{1}" } }, "update"],
        ["another name", state, { ...inputs, name: "t" }, "replace"],
        ["another group", state, { ...inputs, groupName: "g" }, "replace"],
    ])("%s", (_what, olds, news, expected) => {
        expect(verdict(schedule, olds, news)).toBe(expected);
    });
});

describe("the other types", () => {
    test.each<[string, ResourceType, Properties, Properties, string]>([
        [
            "a key with a newline",
            keyPair,
            { keyName: "k", publicKey: "ssh x" },
            { keyName: "k", publicKey: "ssh x\n" },
            "same",
        ],
        [
            "another key",
            keyPair,
            { keyName: "k", publicKey: "ssh x" },
            { keyName: "k", publicKey: "ssh y" },
            "replace",
        ],
        [
            "a definition in another layout",
            stateMachine,
            { definition: '{"a":1,"b":2}' },
            { definition: '{ "b": 2, "a": 1 }' },
            "same",
        ],
        [
            "another definition",
            stateMachine,
            { definition: '{"a":1}' },
            { definition: '{"a":2}' },
            "update",
        ],
        ["more random bytes", randomBytes, { length: 32 }, { length: 33 }, "replace"],
        [
            "other keepers",
            randomBytes,
            { length: 32, keepers: { a: "1" } },
            { length: 32, keepers: { a: "2" } },
            "replace",
        ],
        [
            "keepers gone",
            randomBytes,
            { length: 32, keepers: { a: "1" } },
            { length: 32 },
            "replace",
        ],
        ["the same bytes", randomBytes, { length: 32, base64: "x" }, { length: 32 }, "same"],
    ])("%s", (_what, type, olds, news, expected) => {
        expect(verdict(type, olds, news)).toBe(expected);
    });
});
