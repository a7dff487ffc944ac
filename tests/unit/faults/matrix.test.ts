import { FAULTS } from "../../../rehearsal/faults/fault";
import { MACHINE_FAULTS } from "../../../rehearsal/faults/machineFault";
import {
    machineCells,
    machineSubset,
    matrixCells,
    plainCells,
    subsetCells,
} from "../../../rehearsal/faults/matrix";
import { stepsOf, stepText } from "../../../rehearsal/faults/step";
import type { Call } from "../../../rehearsal/session";

function call(by: string, action: string, service = "ec2"): Call {
    return {
        ...{ at: "2026-11-24T11:00:00.000Z", caller: "client", region: "us-east-1", status: 200 },
        ...{ app: by === "" ? "" : `${by}-clean`, service, action },
        resourceTags: {},
    };
}

const RUN = [
    call("driver", "GetCallerIdentity", "sts"),
    call("", "RunInstances"),
    call("engine", "CreateSecurityGroup"),
    call("engine", "CreateSchedule", "scheduler"),
    call("engine", "RunInstances"),
    call("engine", "DescribeInstances"),
    call("engine", "DescribeInstances"),
    call("engine", "DescribeVolumes"),
    call("engine", "DescribeInstances"),
    call("driver", "DescribeInstances"),
    call("driver", "TerminateInstances"),
    call("engine", "TerminateInstances"),
    call("driver", "DeleteSchedule", "scheduler"),
];

const STEPS = stepsOf(RUN, "clean");

describe("the moments of a run", () => {
    test("each call is one before and one after, whoever is not of the run left out", () => {
        expect(STEPS.map(stepText)).toEqual(
            [
                "driver GetCallerIdentity",
                "engine CreateSecurityGroup",
                "engine CreateSchedule",
                "engine RunInstances",
                "engine DescribeInstances",
                "engine DescribeVolumes",
                // The second one is the same question again.
                "engine DescribeInstances #3",
                "driver DescribeInstances",
                "driver TerminateInstances",
                "engine TerminateInstances",
                "driver DeleteSchedule",
            ].flatMap((text) => [`${text}, before`, `${text}, after`]),
        );
    });

    test("a run that launched nothing has no matrix", () => {
        expect(() => matrixCells(stepsOf(RUN.slice(0, 4), "clean"))).toThrow(
            "no call RunInstances",
        );
    });
});

describe("the matrix", () => {
    const cells = matrixCells(STEPS);
    const key = (one: (typeof cells)[number]) =>
        `${one.layer} ${one.fault.name} ${stepText(one.step)}`;

    test("the same steps give the same cells, each once, with an id of its own", () => {
        expect(matrixCells(STEPS).map(key)).toEqual(cells.map(key));
        expect(new Set(cells.map(key)).size).toBe(cells.length);
        expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    });

    test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
        "%s is met with each of its layers, only at moments that it fits",
        (_, fault) => {
            const own = cells.filter((cell) => cell.fault === fault);
            expect(new Set(own.map(({ layer }) => layer))).toEqual(new Set(fault.layers));
            expect(own.every(({ step }) => fault.fits(step))).toBe(true);
        },
    );

    test("every moment of the run meets a fault", () => {
        const met = new Set(cells.map(({ step }) => stepText(step)));
        expect(STEPS.map(stepText).filter((text) => !met.has(text))).toEqual([]);
    });

    test("a layer outside the driver is judged only where a machine may live without the driver", () => {
        const outside = cells.filter(({ layer }) => layer !== "driver");
        const places = STEPS.filter(({ action }) => action === "RunInstances").map(
            ({ place }) => place,
        );
        expect(outside.every(({ step }) => step.place >= Math.min(...places))).toBe(true);
        expect(
            outside.some(({ step }) => stepText(step) === "engine TerminateInstances, after"),
        ).toBe(false);
    });

    test("the subset meets each fault, and each class of faults with each of its layers", () => {
        const subset = subsetCells(STEPS);
        const met = new Set(subset.map(({ fault }) => fault));
        expect(FAULTS.filter((fault) => !met.has(fault))).toEqual([]);
        const pairs = new Set(subset.map(({ fault, layer }) => `${fault.kind}: ${layer}`));
        const all = FAULTS.flatMap(({ kind, layers }) => layers.map((one) => `${kind}: ${one}`));
        expect([...pairs].sort()).toEqual([...new Set(all)].sort());
        expect(subset.length).toBeLessThan(40);
        expect(machineSubset(STEPS)).toHaveLength(2);
    });

    test("the plain program meets every fault, machines meet theirs with each layer", () => {
        const plain = new Set(plainCells(STEPS).map(({ fault }) => fault.name));
        expect(FAULTS.map(({ name }) => name).filter((name) => !plain.has(name))).toEqual([]);
        expect(machineCells(STEPS)).toHaveLength(
            MACHINE_FAULTS.reduce((sum, { layers }) => sum + layers.length, 0),
        );
    });
});
