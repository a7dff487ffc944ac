import { UserError } from "../common/userError";

const ADDRESS_SERVICE = "https://checkip.amazonaws.com";

/**
 * The caller's own public IPv4 address as a network of one, as AWS's address service sees it.
 *
 * @throws UserError when the service cannot be asked.
 */
export async function findCallerCidr(): Promise<string> {
    try {
        const response = await fetch(ADDRESS_SERVICE, { signal: AbortSignal.timeout(10_000) });
        const address = (await response.text()).trim();
        if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
            throw new Error(`it answered "${address.slice(0, 80)}"`);
        }
        return `${address}/32`;
    } catch (error) {
        throw new UserError(
            `this computer's public address is not known: ${ADDRESS_SERVICE}: ${(error as Error).message}`,
            "an IPv4 network such as 203.0.113.7/32",
            "set ephemeral-gpu-ci:callerCidr or GPU_CI_CALLER_CIDR",
        );
    }
}
