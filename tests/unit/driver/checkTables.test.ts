import { checkTables, tableCheckText } from "../../../scripts/checkTables";
import { INSTANCES, INSTANCE_TYPES } from "../../../sizing";
import { QUOTA_NAMES, type InstanceShape } from "../../../sizing/instances";
import { FakeCloud } from "./fakes";

const EC2_NAMES: Record<string, [name: string, memoryMiB: number]> = {
    T4: ["T4", 16_384],
    A10G: ["A10G", 22_888],
    L4: ["L4", 22_888],
    L40S: ["L40S", 45_776],
    "A100-40GB": ["A100", 40_960],
    "A100-80GB": ["A100", 81_920],
    H100: ["H100", 81_920],
    H200: ["H200", 144_384],
    B200: ["B200", 183_359],
    B300: ["B300", 275_040],
    "RTX PRO 6000": ["RTX PRO Server 6000", 98_304],
    "RTX PRO 4500": ["RTX PRO 4500", 32_768],
};

/** A cloud that says what the tables say. */
function agreeing(region = "us-east-1"): FakeCloud {
    const cloud = new FakeCloud();
    Object.assign(cloud, { region });
    cloud.quota = async (code) => ({ name: QUOTA_NAMES[code], vcpus: 0 });
    cloud.types = INSTANCE_TYPES.map((instanceType) => {
        const { vcpus, ramGiB, nvmeGB, gpu, gpuCount }: InstanceShape = INSTANCES[instanceType];
        const [name, gpuMemoryMiB] = EC2_NAMES[gpu];
        const ramMiB = ramGiB * 1024;
        return { instanceType, vcpus, ramMiB, nvmeGB, gpu: name, gpuCount, gpuMemoryMiB };
    });
    for (const type of INSTANCE_TYPES) {
        cloud.onDemandUsd[type] = INSTANCES[type].usdPerHour ?? undefined;
    }
    return cloud;
}

test("tables that agree with the cloud", async () => {
    const check = await checkTables(agreeing());
    expect(check).toEqual({ differences: [], notes: [] });
    expect(tableCheckText(check)).toBe("The tables agree with the cloud.");
});

test("every field that differs is named with both values", async () => {
    const cloud = agreeing();
    cloud.types = cloud.types.map((type) =>
        type.instanceType === "g6.xlarge"
            ? {
                  ...type,
                  vcpus: 8,
                  ramMiB: 1024,
                  nvmeGB: 0,
                  gpu: "L5",
                  gpuCount: 2,
                  gpuMemoryMiB: 9,
              }
            : type,
    );
    cloud.onDemandUsd["g5.xlarge"] = 1.2;
    cloud.onDemandUsd["p5e.48xlarge"] = 60;
    cloud.quota = async (code) =>
        code === "L-DB2E81BA" ? undefined : { name: QUOTA_NAMES[code], vcpus: 0 };
    expect(tableCheckText(await checkTables(cloud as FakeCloud)).split("\n")).toEqual([
        "g6.xlarge gpu: table L4, cloud L5",
        "g6.xlarge gpuCount: table 1, cloud 2",
        "g6.xlarge vcpus: table 4, cloud 8",
        "g6.xlarge ramGiB: table 16, cloud 1",
        "g6.xlarge nvmeGB: table 250, cloud 0",
        "g6.xlarge programGiB: table 21.95, cloud less than 0.01",
        "L-DB2E81BA name: table Running On-Demand G and VT instances, cloud no such quota",
        "g5.xlarge usdPerHour: table 1.006 USD an hour, cloud 1.2 USD an hour",
        "p5e.48xlarge usdPerHour: table none, cloud 60 USD an hour",
        "9 to be put right in sizing/.",
    ]);
});

test("what cannot be compared is noted, and is no difference", async () => {
    const cloud = agreeing("eu-west-1");
    cloud.types = cloud.types.filter(({ instanceType }) => instanceType !== "g7e.2xlarge");
    cloud.quota = () => Promise.reject(new Error("no"));
    expect(await checkTables(cloud)).toEqual({
        differences: [],
        notes: [
            "eu-west-1 does not describe g7e.2xlarge",
            "quotas not compared: no",
            "prices are of us-east-1, and not compared in eu-west-1",
        ],
    });
});
