import { standInProvider } from "../standIn";
import { randomBytes } from "./randomBytes";
import { randomId } from "./randomId";

/** Stand-in for @pulumi/random 4.21 by Node's crypto. */
export const randomProvider = standInProvider({
    name: "random",
    version: "4.21.2",
    types: {
        "random:index/randomBytes:RandomBytes": randomBytes,
        "random:index/randomId:RandomId": randomId,
    },
});
