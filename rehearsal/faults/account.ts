import {
    DescribeKeyPairsCommand,
    DescribeSecurityGroupsCommand,
    DescribeVolumesCommand,
    EC2Client,
    RunInstancesCommand,
    type _InstanceType,
} from "@aws-sdk/client-ec2";
import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { PRODUCT, resourceName, runTags } from "../../components/names";
import { AMI_PARAMETER } from "../../machine/image";
import type { Session } from "../session";
import { RUN_PREFIX } from "./layer";

const PAST = "2020-01-01T00:00:00Z";
const OTHER = { runId: "another", attempt: 1, tier: "commit", owner: "another" };

/** Machines that look like ours and are none of the matrix's runs': nobody may end them. */
export const FOREIGN: Readonly<Record<string, Record<string, string>>> = {
    "no tags": {},
    "another product": { ...runTags(OTHER, PAST), product: `${PRODUCT}-2` },
    "tags in capitals": capitals(runTags(OTHER, PAST)),
    "no product": { run: "another", attempt: "1", owner: "another", "expires-at": PAST },
    "no owner, run and attempt": { product: PRODUCT, "expires-at": PAST },
    "a deadline that is none": runTags(OTHER, "soon"),
    "a run at work": runTags(OTHER, "2099-01-01T00:00:00Z"),
    "a run whose id is the beginning of ours": runTags(
        { ...OTHER, runId: RUN_PREFIX.slice(0, -1) },
        "2099-01-01T00:00:00Z",
    ),
};

function capitals(tags: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(tags).map(([key, value]) => [key.toUpperCase(), value]),
    );
}

/** What the matrix itself asks of the emulated cloud, past the product's own code. */
export class Account {
    private readonly ec2: EC2Client;
    private readonly scheduler: SchedulerClient;
    private readonly ssm: SSMClient;

    constructor(session: Session) {
        const cloud = session.administrator;
        this.ec2 = new EC2Client(cloud);
        this.scheduler = new SchedulerClient(cloud);
        this.ssm = new SSMClient(cloud);
    }

    /** Launches the foreign machines, or one alone. @returns what each is, by its id. */
    async launchForeign(isAll: boolean): Promise<ReadonlyMap<string, string>> {
        const { Parameter } = await this.ssm.send(new GetParameterCommand({ Name: AMI_PARAMETER }));
        const wanted = Object.entries(FOREIGN).slice(isAll ? 0 : -1);
        const launched = wanted.map(async ([what, tags]) => {
            const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
            const { Instances } = await this.ec2.send(
                new RunInstancesCommand({
                    ImageId: Parameter!.Value!,
                    InstanceType: "g6.xlarge" as _InstanceType,
                    MinCount: 1,
                    MaxCount: 1,
                    TagSpecifications:
                        Tags.length > 0 ? [{ ResourceType: "instance", Tags }] : undefined,
                }),
            );
            return [Instances![0].InstanceId!, what] as const;
        });
        return new Map(await Promise.all(launched));
    }

    /** Things of a run that are left beside its machines. */
    async leftovers(runId: string): Promise<string[]> {
        const prefix = resourceName({ runId, attempt: 1 }).replace(/1$/, "");
        const Filters = [{ Name: "tag:run", Values: [runId] }];
        const [keys, groups, volumes, schedules] = await Promise.all([
            this.ec2.send(new DescribeKeyPairsCommand({})),
            this.ec2.send(new DescribeSecurityGroupsCommand({})),
            this.ec2.send(new DescribeVolumesCommand({ Filters })),
            this.scheduler.send(new ListSchedulesCommand({ NamePrefix: prefix })),
        ]);
        const isOurs = (name: string | undefined) => name?.startsWith(prefix);
        return [
            ...keys.KeyPairs!.filter(({ KeyName }) => isOurs(KeyName)).map(() => "key pair"),
            ...groups
                .SecurityGroups!.filter(({ GroupName }) => isOurs(GroupName))
                .map(() => "security group"),
            ...volumes.Volumes!.map(() => "volume"),
            ...schedules.Schedules!.map(() => "schedule"),
        ];
    }
}
