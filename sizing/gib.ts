/** Bytes of one GiB. */
export const GIB = 2 ** 30;
