/** The flags that were planned: where every server begins. */
export const PLANNED_RUNG = "as-planned";

/** The last rung: the suite leaves out the cases in which the server ran out of memory. */
export const SPLIT_CASES_RUNG = "split-cases";
