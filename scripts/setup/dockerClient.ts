import { CommandError, run, type CommandOptions } from "./commands";

/** Docker's command line, bound to one daemon. */
export class DockerClient {
    private readonly env: NodeJS.ProcessEnv;

    constructor(
        /** As DOCKER_HOST has it. */
        readonly host: string,
        env: NodeJS.ProcessEnv,
        private readonly signal?: AbortSignal,
    ) {
        this.env = { ...env, DOCKER_HOST: host };
        delete this.env.DOCKER_CONTEXT;
    }

    /** stdout of a docker command, trimmed. Throws CommandError. */
    async call(args: readonly string[], options: CommandOptions = {}): Promise<string> {
        const out = await run("docker", args, { env: this.env, signal: this.signal, ...options });
        return out.trim();
    }

    async hasImage(name: string): Promise<boolean> {
        return this.succeeds(["image", "inspect", "--format", "{{.Id}}", name]);
    }

    async hasVolume(name: string): Promise<boolean> {
        return this.succeeds(["volume", "inspect", "--format", "{{.Name}}", name]);
    }

    /** The daemon's architecture in Docker's words: amd64, arm64. */
    async architecture(): Promise<string> {
        return this.call(["version", "--format", "{{.Server.Arch}}"]);
    }

    private async succeeds(args: readonly string[]): Promise<boolean> {
        try {
            await this.call(args);
            return true;
        } catch (error) {
            if (error instanceof CommandError) {
                return false;
            }
            throw error;
        }
    }
}
