import { main } from "@pulumi/pulumi/provider/server";
import { endWithEngine } from "../endWithEngine";
import { randomProvider } from "./provider";

endWithEngine();
void main(randomProvider, process.argv.slice(2));
