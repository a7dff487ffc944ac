import { ChatClient } from "./client";
import { isStillThere } from "./reachServer";
import { CaseResult } from "./results";

/** After so many cases without a single answer the server is given up. */
const CASES_WITHOUT_ANSWER = 3;
const LONGEST_LIST = 3;

/** Knows which cases are under way, and finds out after one without an answer whether to go on. */
export class ServerWatch {
    private readonly underWay = new Map<string, CaseResult["dimension"]>();
    /** Ids of what was asked when the server was found gone, or the suite was ended. */
    goneDuring?: readonly string[];

    constructor(
        private readonly client: ChatClient,
        private readonly retryAfterSeconds: number,
    ) {}

    begin({ id, dimension }: Pick<CaseResult, "id" | "dimension">): void {
        this.underWay.set(id, dimension);
    }

    end({ id }: Pick<CaseResult, "id">): void {
        this.underWay.delete(id);
    }

    /** The suite is ended from outside, which may be because the server is gone. */
    stop(): void {
        this.goneDuring ??= [...this.underWay.keys()];
    }

    /**
     * Why the rest is not worth asking, after a case that got no answer and is still under way here.
     *
     * @param results of what was asked so far, that case included.
     */
    async reasonToStop(results: readonly CaseResult[]): Promise<string | undefined> {
        if (!(await isStillThere(this.client, this.retryAfterSeconds))) {
            this.stop();
            return `the server stopped answering during ${this.sayUnderWay()}`;
        }
        // Where its judge failed, the server may have answered.
        const asked = results.filter(({ problem }) => problem?.kind !== "judge");
        const nothingYet = asked.every(({ status }) => status === "errored");
        // Others that are under way may still get one.
        const enough = CASES_WITHOUT_ANSWER + this.underWay.size - 1;
        return nothingYet && asked.length >= enough
            ? `the server gave none of the first ${asked.length} cases an answer (${asked.at(-1)?.problem?.message})`
            : undefined;
    }

    private sayUnderWay(): string {
        const names = [...this.underWay].map(([id, dimension]) => `${dimension}/${id}`);
        const more = names.length - LONGEST_LIST;
        return names.slice(0, LONGEST_LIST).join(", ") + (more > 0 ? ` and ${more} more` : "");
    }
}
