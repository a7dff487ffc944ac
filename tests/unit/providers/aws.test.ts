import {
    AuthorizeSecurityGroupIngressCommand,
    CreateSecurityGroupCommand,
    CreateTagsCommand,
    DeleteSecurityGroupCommand,
    DeleteTagsCommand,
    DescribeImagesCommand,
    DescribeInstanceAttributeCommand,
    DescribeInstancesCommand,
    DescribeSecurityGroupsCommand,
    DescribeSubnetsCommand,
    DescribeVolumesCommand,
    EC2Client,
    ModifyInstanceAttributeCommand,
    RevokeSecurityGroupEgressCommand,
    RunInstancesCommand,
    StartInstancesCommand,
    StopInstancesCommand,
    TerminateInstancesCommand,
    type Instance,
} from "@aws-sdk/client-ec2";
import {
    CreateScheduleCommand,
    DeleteScheduleCommand,
    GetScheduleCommand,
    SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { awsProvider } from "../../../rehearsal/providers/aws/provider";
import { normalRule, toPermission, toRules } from "../../../rehearsal/providers/aws/securityGroup";
import { secret } from "../../../rehearsal/providers/wire";

const ec2 = mockClient(EC2Client);
const scheduler = mockClient(SchedulerClient);
const sts = mockClient(STSClient);
const ssm = mockClient(SSMClient);

const INSTANCE = "urn:pulumi:dev::p::aws:ec2/instance:Instance::machine";
const GROUP = "urn:pulumi:dev::p::aws:ec2/securityGroup:SecurityGroup::group";
const SCHEDULE = "urn:pulumi:dev::p::aws:scheduler/schedule:Schedule::deadline";

const awsError = (name: string, message = name) => Object.assign(new Error(message), { name });

function machine(fields: Partial<Instance> = {}) {
    const found: Instance = {
        InstanceId: "i-1",
        ImageId: "ami-1",
        InstanceType: "g6.xlarge",
        State: { Name: "running" },
        PublicIpAddress: "1.2.3.4",
        PrivateIpAddress: "10.0.0.4",
        RootDeviceName: "/dev/sda1",
        BlockDeviceMappings: [
            { DeviceName: "/dev/sda1", Ebs: { VolumeId: "vol-1", DeleteOnTermination: true } },
        ],
        NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", Association: { PublicIp: "1.2.3.4" } }],
        Tags: [{ Key: "run", Value: "r" }],
        ...fields,
    };
    return { Reservations: [{ Instances: [found] }] };
}

beforeEach(() => {
    process.env.AWS_REGION = "us-east-1";
    for (const mock of [ec2, scheduler, sts, ssm]) {
        mock.reset();
    }
    sts.on(GetCallerIdentityCommand).resolves({ Account: "123456789012" });
    ec2.on(DescribeInstanceAttributeCommand).resolves({
        InstanceInitiatedShutdownBehavior: { Value: "terminate" },
    });
    ec2.on(DescribeVolumesCommand).resolves({
        Volumes: [{ VolumeId: "vol-1", Size: 100, VolumeType: "gp3", Encrypted: true }],
    });
    ec2.on(DescribeImagesCommand).resolves({ Images: [{ RootDeviceName: "/dev/sda1" }] });
});

describe("aws.ec2.Instance", () => {
    const inputs = {
        ami: "ami-1",
        instanceType: "g6.xlarge",
        associatePublicIpAddress: true,
        iamInstanceProfile: "profile",
        instanceInitiatedShutdownBehavior: "terminate",
        instanceMarketOptions: {
            marketType: "spot",
            spotOptions: { spotInstanceType: "one-time", maxPrice: "0.5" },
        },
        metadataOptions: { httpTokens: "required" },
        rootBlockDevice: { volumeSize: 100, volumeType: "gp3", encrypted: true },
        subnetId: "subnet-1",
        tags: { run: "r" },
        volumeTags: { run: "r" },
        userData: secret("#cloud-config"),
        vpcSecurityGroupIds: ["sg-1"],
    };

    test("is launched in one call with its tags, and is there once it runs and has an address", async () => {
        ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
        ec2.on(DescribeInstancesCommand)
            .resolvesOnce(machine({ State: { Name: "pending" }, PublicIpAddress: undefined }))
            .resolvesOnce(machine({ PublicIpAddress: undefined }))
            .resolves(machine());
        const { id, outs } = await awsProvider.create!(INSTANCE, inputs);
        expect(id).toBe("i-1");
        const [call] = ec2.commandCalls(RunInstancesCommand);
        expect(call?.args[0].input).toMatchObject({
            ImageId: "ami-1",
            MinCount: 1,
            MaxCount: 1,
            ClientToken: expect.stringMatching(/^[\x20-\x7e]{1,64}$/),
            UserData: Buffer.from("#cloud-config").toString("base64"),
            IamInstanceProfile: { Name: "profile" },
            InstanceInitiatedShutdownBehavior: "terminate",
            InstanceMarketOptions: {
                MarketType: "spot",
                SpotOptions: { SpotInstanceType: "one-time", MaxPrice: "0.5" },
            },
            MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled" },
            BlockDeviceMappings: [
                {
                    DeviceName: "/dev/sda1",
                    Ebs: { VolumeSize: 100, Encrypted: true, DeleteOnTermination: true },
                },
            ],
            NetworkInterfaces: [
                { AssociatePublicIpAddress: true, SubnetId: "subnet-1", Groups: ["sg-1"] },
            ],
            TagSpecifications: [
                { ResourceType: "instance", Tags: [{ Key: "run", Value: "r" }] },
                { ResourceType: "volume", Tags: [{ Key: "run", Value: "r" }] },
            ],
        });
        // EC2 refuses a subnet or groups beside an explicit interface.
        expect(call?.args[0].input).not.toHaveProperty("SubnetId");
        expect(call?.args[0].input).not.toHaveProperty("SecurityGroupIds");
        expect(outs).toMatchObject({
            arn: "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
            instanceState: "running",
            publicIp: "1.2.3.4",
            privateIp: "10.0.0.4",
            primaryNetworkInterfaceId: "eni-1",
            rootBlockDevice: { volumeId: "vol-1", volumeSize: 100, encrypted: true },
            tagsAll: { run: "r" },
            userData: secret("#cloud-config"),
        });
    });

    test("a launch that EC2 refuses leaves nothing, and its code is in the message", async () => {
        ec2.on(RunInstancesCommand).rejects(
            Object.assign(awsError("InsufficientInstanceCapacity", "no capacity"), {
                $metadata: { httpStatusCode: 500 },
            }),
        );
        const error = await awsProvider.create!(INSTANCE, inputs).catch((e: Error) => e);
        expect(error).not.toHaveProperty("id");
        expect((error as Error).message).toMatch(
            /^creating EC2 Instance: .*StatusCode: 500.*api error InsufficientInstanceCapacity: no capacity$/,
        );
    });

    test("a machine that dies while it is waited for is recorded, so that a destroy finds it", async () => {
        ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
        ec2.on(DescribeInstancesCommand).resolves(
            machine({
                State: { Name: "terminated" },
                StateReason: { Message: "Client.InstanceInitiatedShutdown" },
            }),
        );
        await expect(awsProvider.create!(INSTANCE, inputs)).rejects.toMatchObject({
            id: "i-1",
            message: expect.stringMatching(
                /unexpected state 'terminated', wanted target 'running'.*InstanceInitiatedShutdown/,
            ),
        });
    });

    test.each([
        ["terminated", () => machine({ State: { Name: "terminated" } })],
        ["not known any more", () => ({ Reservations: [] })],
    ])("a machine that is %s reads as nothing", async (_what, answer) => {
        ec2.on(DescribeInstancesCommand).resolves(answer());
        expect(await awsProvider.read!("i-1", INSTANCE, { ami: "ami-1" })).toEqual({
            id: "",
            props: {},
        });
    });

    test("delete waits until it is terminated", async () => {
        ec2.on(TerminateInstancesCommand).resolves({});
        ec2.on(DescribeInstancesCommand)
            .resolvesOnce(machine({ State: { Name: "shutting-down" } }))
            .resolves(machine({ State: { Name: "terminated" } }));
        await awsProvider.delete!("i-1", INSTANCE, {});
        expect(ec2.commandCalls(DescribeInstancesCommand)).toHaveLength(2);
    });

    test("delete of a machine that is gone succeeds", async () => {
        ec2.on(TerminateInstancesCommand).rejects(awsError("InvalidInstanceID.NotFound"));
        await expect(awsProvider.delete!("i-1", INSTANCE, {})).resolves.toBeUndefined();
    });

    test("delete that is not allowed fails", async () => {
        ec2.on(TerminateInstancesCommand).rejects(awsError("UnauthorizedOperation"));
        await expect(awsProvider.delete!("i-1", INSTANCE, {})).rejects.toThrow(
            "UnauthorizedOperation",
        );
    });

    test("tags are set and removed in place", async () => {
        ec2.on(DescribeInstancesCommand).resolves(machine());
        await awsProvider.update!(
            "i-1",
            INSTANCE,
            { ami: "ami-1", tags: { run: "r", old: "x" } },
            { ami: "ami-1", tags: { run: "s" } },
        );
        expect(ec2.commandCalls(CreateTagsCommand)[0]?.args[0].input).toEqual({
            Resources: ["i-1"],
            Tags: [{ Key: "run", Value: "s" }],
        });
        expect(ec2.commandCalls(DeleteTagsCommand)[0]?.args[0].input).toEqual({
            Resources: ["i-1"],
            Tags: [{ Key: "old" }],
        });
        expect(ec2.commandCalls(StopInstancesCommand)).toHaveLength(0);
    });

    test("another type means stop, change, start", async () => {
        ec2.on(DescribeInstancesCommand)
            .resolvesOnce(machine({ State: { Name: "stopped" } }))
            .resolves(machine());
        await awsProvider.update!(
            "i-1",
            INSTANCE,
            { ami: "ami-1", instanceType: "g6.xlarge" },
            { ami: "ami-1", instanceType: "g6.2xlarge" },
        );
        expect(ec2.commandCalls(ModifyInstanceAttributeCommand)[0]?.args[0].input).toEqual({
            InstanceId: "i-1",
            InstanceType: { Value: "g6.2xlarge" },
        });
        expect(ec2.commandCalls(StartInstancesCommand)).toHaveLength(1);
    });
});

describe("aws.ec2.SecurityGroup", () => {
    const allowAll = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

    test("lets nothing out that the program does not name", async () => {
        ec2.on(CreateSecurityGroupCommand).resolves({ GroupId: "sg-1" });
        ec2.on(DescribeSecurityGroupsCommand).resolves({
            SecurityGroups: [{ GroupId: "sg-1", IpPermissionsEgress: [allowAll] }],
        });
        await awsProvider.create!(GROUP, {
            name: "g",
            description: "d",
            ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["10.0.0.1/32"] }],
        });
        expect(ec2.commandCalls(RevokeSecurityGroupEgressCommand)[0]?.args[0].input).toEqual({
            GroupId: "sg-1",
            IpPermissions: [allowAll],
        });
        expect(ec2.commandCalls(AuthorizeSecurityGroupIngressCommand)[0]?.args[0].input).toEqual({
            GroupId: "sg-1",
            IpPermissions: [
                {
                    IpProtocol: "tcp",
                    FromPort: 22,
                    ToPort: 22,
                    IpRanges: [{ CidrIp: "10.0.0.1/32" }],
                },
            ],
        });
    });

    test("a rule that EC2 refuses leaves a recorded group", async () => {
        ec2.on(CreateSecurityGroupCommand).resolves({ GroupId: "sg-1" });
        ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ GroupId: "sg-1" }] });
        ec2.on(AuthorizeSecurityGroupIngressCommand).rejects(awsError("InvalidParameterValue"));
        await expect(
            awsProvider.create!(GROUP, {
                name: "g",
                description: "d",
                ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["nonsense"] }],
            }),
        ).rejects.toMatchObject({ id: "sg-1" });
    });

    test("is deleted once nothing uses it any more", async () => {
        ec2.on(DeleteSecurityGroupCommand)
            .rejectsOnce(awsError("DependencyViolation"))
            .rejectsOnce(awsError("DependencyViolation"))
            .resolves({});
        await awsProvider.delete!("sg-1", GROUP, {});
        expect(ec2.commandCalls(DeleteSecurityGroupCommand)).toHaveLength(3);
    });

    test("delete of a group that is gone succeeds", async () => {
        ec2.on(DeleteSecurityGroupCommand).rejects(awsError("InvalidGroup.NotFound"));
        await expect(awsProvider.delete!("sg-1", GROUP, {})).resolves.toBeUndefined();
    });

    test("rules survive the way to EC2 and back", () => {
        const rules = [
            {
                protocol: "tcp",
                fromPort: 22,
                toPort: 22,
                cidrBlocks: ["10.0.0.1/32"],
                description: "ssh",
            },
            {
                protocol: "-1",
                fromPort: 0,
                toPort: 0,
                cidrBlocks: ["0.0.0.0/0"],
                ipv6CidrBlocks: ["::/0"],
            },
            { protocol: "udp", fromPort: 1, toPort: 9, self: true, securityGroups: ["sg-2"] },
        ];
        expect(
            toRules(
                rules.map((rule) => toPermission(rule, "sg-1")),
                "sg-1",
            ),
        ).toEqual(rules.map(normalRule));
    });
});

describe("aws.scheduler.Schedule", () => {
    const inputs = {
        name: "deadline",
        flexibleTimeWindow: { mode: "OFF" },
        scheduleExpression: "rate(5 minutes)",
        scheduleExpressionTimezone: "UTC",
        state: "ENABLED",
        startDate: "2026-11-24T07:00:00Z",
        endDate: "2026-11-25T07:00:00Z",
        actionAfterCompletion: "DELETE",
        target: { arn: "a", roleArn: "r", input: '{"now":"x"}' },
    };

    test("carries its dates, its end and its target", async () => {
        scheduler.on(CreateScheduleCommand).resolves({});
        scheduler.on(GetScheduleCommand).resolves({
            Arn: "arn",
            Name: "deadline",
            GroupName: "default",
            StartDate: new Date(inputs.startDate),
            EndDate: new Date(inputs.endDate),
            Target: { Arn: "a", RoleArn: "r", Input: '{"now":"x"}' },
        });
        const { id, outs } = await awsProvider.create!(SCHEDULE, inputs);
        expect(id).toBe("default/deadline");
        expect(scheduler.commandCalls(CreateScheduleCommand)[0]?.args[0].input).toMatchObject({
            Name: "deadline",
            GroupName: "default",
            StartDate: new Date("2026-11-24T07:00:00Z"),
            EndDate: new Date("2026-11-25T07:00:00Z"),
            ActionAfterCompletion: "DELETE",
            Target: { Arn: "a", RoleArn: "r", Input: '{"now":"x"}' },
        });
        expect(outs).toMatchObject({ startDate: inputs.startDate, endDate: inputs.endDate });
    });

    test("a date that is no time is refused", async () => {
        const { failures } = await awsProvider.check!(
            SCHEDULE,
            {},
            { ...inputs, startDate: "2026-11-24T07:00" },
        );
        expect(failures).toEqual([
            { property: "startDate", reason: expect.stringContaining("not an RFC 3339 time") },
        ]);
    });

    test("a schedule that deleted itself is no error", async () => {
        scheduler.on(DeleteScheduleCommand).rejects(awsError("ResourceNotFoundException"));
        scheduler.on(GetScheduleCommand).rejects(awsError("ResourceNotFoundException"));
        await expect(awsProvider.delete!("default/x", SCHEDULE, {})).resolves.toBeUndefined();
        expect(await awsProvider.read!("default/x", SCHEDULE, {})).toEqual({ id: "", props: {} });
    });
});

test("ssm.getParameter marks its value secret and gives it openly as insecureValue", async () => {
    ssm.on(GetParameterCommand).resolves({
        Parameter: { Name: "/ami", Value: "ami-1", Type: "String", Version: 3 },
    });
    const { outputs } = await awsProvider.invoke!("aws:ssm/getParameter:getParameter", {
        name: "/ami",
    });
    expect(outputs).toMatchObject({ value: secret("ami-1"), insecureValue: "ami-1", version: 3 });
});

test("without a region the error says which variable to set", async () => {
    delete process.env.AWS_REGION;
    delete process.env.AWS_DEFAULT_REGION;
    await expect(awsProvider.read!("i-1", INSTANCE, {})).rejects.toThrow("set AWS_REGION");
});

test("a subnet is found by its id, with its VPC", async () => {
    process.env.AWS_REGION = "us-east-1";
    ec2.on(DescribeSubnetsCommand, { SubnetIds: ["subnet-1"] }).resolves({
        Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", AvailabilityZone: "us-east-1a" }],
    });
    const { outputs } = await awsProvider.invoke!("aws:ec2/getSubnet:getSubnet", {
        id: "subnet-1",
    });
    expect(outputs).toMatchObject({
        ...{ id: "subnet-1", vpcId: "vpc-1", availabilityZone: "us-east-1a" },
    });
    ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [] });
    await expect(
        awsProvider.invoke!("aws:ec2/getSubnet:getSubnet", { id: "subnet-2" }),
    ).rejects.toThrow(/reading EC2 Subnet \(subnet-2\): couldn't find resource/);
});
