import { main } from "@pulumi/pulumi/provider/server";
import { endWithEngine } from "../endWithEngine";
import { awsProvider } from "./provider";

// The engine shows a plugin's stderr to users, who do not choose the SDK's Node version here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

endWithEngine();
void main(awsProvider, process.argv.slice(2));
