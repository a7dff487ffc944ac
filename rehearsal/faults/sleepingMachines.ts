import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { SleepingMachine, type SleepingMachineFile } from "./sleepingMachine";

const LOOK_EVERY_MILLISECONDS = 100;

/**
 * Answers by SSH in the stead of the machines of one emulated cloud, none of which boots
 * (`--machines sleeping`): from soon after the launch until the cloud has ended them.
 */
export class SleepingMachines {
    private readonly answering = new Map<string, SleepingMachine>();
    private readonly timer = setInterval(() => this.look(), LOOK_EVERY_MILLISECONDS);

    /**
     * @param dir the emulated cloud's own folder.
     * @param suiteSeconds what the suite takes.
     */
    constructor(
        private readonly dir: string,
        private readonly suiteSeconds: number,
    ) {}

    close(): void {
        clearInterval(this.timer);
        for (const machine of this.answering.values()) {
            machine.close();
        }
        this.answering.clear();
    }

    private look(): void {
        const folder = join(this.dir, "sleeping");
        const present = readdirSync(folder).filter((name) => /^[^.].*\.json$/.test(name));
        for (const name of present.filter((one) => !this.answering.has(one))) {
            const file = readMachine(join(folder, name));
            if (file !== undefined && file.address !== null) {
                const { address } = file;
                const machine = new SleepingMachine({ ...file, address }, this.suiteSeconds);
                this.answering.set(name, machine);
            }
        }
        for (const [name, machine] of this.answering) {
            if (!present.includes(name)) {
                machine.close();
                this.answering.delete(name);
            }
        }
    }
}

/** Undefined where the cloud has ended it in the meantime. */
function readMachine(path: string): SleepingMachineFile | undefined {
    try {
        return JSON.parse(readFileSync(path, "utf8"));
    } catch {
        return undefined;
    }
}
