import type { Provider } from "@pulumi/pulumi/provider";
import type { EngineLog } from "../engineLog";
import { standInProvider } from "../standIn";
import { copyToRemote } from "./copyToRemote";
import { localCommand } from "./localCommand";
import { remoteCommand } from "./remoteCommand";

/** Stand-in for @pulumi/command 1.2 by child processes and a real SSH client. */
export function commandProvider(log: EngineLog): Provider {
    return standInProvider({
        name: "command",
        version: "1.2.1",
        types: {
            "command:local:Command": localCommand(log),
            "command:remote:Command": remoteCommand(log),
            "command:remote:CopyToRemote": copyToRemote(log),
        },
    });
}
