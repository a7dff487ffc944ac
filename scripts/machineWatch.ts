import { isLive, type Cloud, type Machine, type RunQuery } from "./cloud";
import type { Progress } from "./progress";
import type { Stop } from "./stop";

const WATCH_SECONDS = 10;

/**
 * Looks at the machine from outside while `up` waits inside an SSH session: that session has no
 * keepalive (command 1.2), so a machine that its watchdog or a spot notice ended would be waited for
 * until the deadline.
 */
export class MachineWatch {
    private readonly timer: NodeJS.Timeout;
    private state = "";
    private isBusy = false;
    private isClosed = false;

    constructor(
        private readonly cloud: Cloud,
        private readonly query: RunQuery,
        private readonly progress: Progress,
        private readonly stop: Stop,
    ) {
        this.timer = setInterval(() => void this.look(), WATCH_SECONDS * 1000);
    }

    close(): void {
        this.isClosed = true;
        clearInterval(this.timer);
    }

    private async look(): Promise<void> {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        // An answer that does not come is no news: the next look is in ten seconds.
        const machines = await this.cloud.machines(this.query).catch((): Machine[] => []);
        this.isBusy = false;
        if (!this.isClosed && machines.length > 0) {
            this.tell(machines);
        }
    }

    private tell(machines: readonly Machine[]): void {
        const machine = machines.find(isLive) ?? machines[0];
        if (machine.state !== this.state) {
            this.state = machine.state;
            this.progress.line(`machine ${machine.instanceId} is ${machine.state}`);
        }
        if (!machines.some(isLive)) {
            const why =
                machine.stateReasonCode ?? machine.stateTransitionReason ?? "no reason given";
            const text = `machine ${machine.instanceId} ended during the run (${why})`;
            this.stop.now({ kind: "machine-ended", text });
        }
    }
}
