import { historyPath, readHistory } from "../../common/historyFile";
import { historyTable } from "../history";

/** `gpu-ci history`: earlier runs, with what was estimated and what it turned out to be. */
export function historyCommand(projectDir: string, options: { readonly json?: boolean }): void {
    const records = readHistory(historyPath(projectDir));
    console.log(options.json ? JSON.stringify(records, null, 2) : historyTable(records));
}
