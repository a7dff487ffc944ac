import { readGpuUse } from "../../../suite/report/gpuUse";
import { renderGpuUse } from "../../../suite/report/gpuUsePlots";

const CSV = [
    ",23034,40,50.00",
    "100,0,0,400,23034,35,20.00",
    "100,0,1,400,23034,35,20.00",
    "105,97,0,17000,23034,61,70.50",
    "105,[N/A],1,17000,23034,61,[N/A]",
    "nonsense",
    "110,<b>,0,1,2,3,4",
    "110,5,99,1,2,3,4",
    "",
].join("\n");
const PHASES = "booted 90\npull 95\nstart 100\nsuite 103\nend 108\nsuite-asked 99\n<b> 5\n";

describe("logs/gpu.csv", () => {
    const use = readGpuUse(CSV, PHASES);

    it("is read by GPU; what is no sample, and what the driver did not tell, is left out", () => {
        expect([...(use?.gpus.keys() ?? [])]).toEqual([0, 1]);
        expect(use?.gpus.get(0)).toEqual([
            sample(100, 0, 400, 35, 20),
            sample(105, 97, 17000, 61, 70.5),
            { at: 110, memoryUsedMiB: 1, memoryTotalMiB: 2, temperatureCelsius: 3, powerWatts: 4 },
        ]);
        expect(use?.gpus.get(1)?.[1]).toEqual({
            at: 105,
            memoryUsedMiB: 17000,
            memoryTotalMiB: 23034,
            temperatureCelsius: 61,
        });
    });

    it("has the phases that lie within", () => {
        expect(use?.phases).toEqual([
            { name: "image", from: 95, to: 100 },
            { name: "server start", from: 100, to: 103 },
            { name: "suite", from: 103, to: 108 },
            { name: "report", from: 108, to: 110 },
        ]);
    });

    it.each(["", "nonsense\n", "1,2,3"])("%j is none", (text) => {
        expect(readGpuUse(text, PHASES)).toBeUndefined();
    });

    it("becomes four plots with a table each, and no number that is none", () => {
        const html = renderGpuUse(use!);
        expect(html.match(/<svg viewBox="0 0 460/g)).toHaveLength(4);
        expect(html).toContain('<tr><th scope="row">0</th><td>48.5</td><td>97</td><td>2</td></tr>');
        expect(html).not.toMatch(/NaN|Infinity|undefined/);
    });

    it("of hours is drawn with no more points than a plot is wide, and keeps its peak", () => {
        const lines = Array.from({ length: 6000 }, (_, index) =>
            [1000 + 5 * index, index === 4321 ? 100 : 3, 0, 9000, 23034, 50, 40].join(","),
        );
        const html = renderGpuUse(readGpuUse(lines.join("\n"), "")!);
        const [path] = /<path class="line s0" d="([^"]*)"/.exec(html)!.slice(1);
        expect(path.split("L").length).toBeLessThanOrEqual(401);
        expect(path).toMatch(/,18(\.0)?L/);
    });
});

function sample(at: number, use: number, used: number, temperature: number, power: number) {
    return {
        at,
        utilisationPercent: use,
        memoryUsedMiB: used,
        memoryTotalMiB: 23034,
        temperatureCelsius: temperature,
        powerWatts: power,
    };
}
