import { version } from "../package.json";

/** The package's, and so the suite's. */
export const SUITE_VERSION: string = version;
