import { main } from "@pulumi/pulumi/provider/server";
import { endWithEngine } from "../endWithEngine";
import { engineLog } from "../engineLog";
import { commandProvider } from "./provider";

const args = process.argv.slice(2);
endWithEngine();
void main(commandProvider(engineLog(args)), args);
