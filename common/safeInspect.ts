import util from "node:util";

/**
 * Keeps a program that fails from hanging. The SDK prints an unhandled error by
 * `util.inspect(error, { colors: true })`; Node 20 then loops, until its memory is full, over a stack
 * frame in `node_modules/@scope/file` (it looks for a second slash), and the SDK's source maps name
 * such files (`node_modules/@pulumi/resource.ts`). Measured: 20 s and 8 GB for each error. Without
 * colours the loop is not entered.
 */
const inspect = util.inspect;

function safeInspect(value: unknown, options?: unknown, ...rest: unknown[]): string {
    const isColouredError =
        value instanceof Error && typeof options === "object" && options !== null;
    const safe = isColouredError ? { ...options, colors: false } : options;
    return (inspect as (...args: unknown[]) => string)(value, safe, ...rest);
}

util.inspect = Object.assign(safeInspect, inspect) as typeof util.inspect;
