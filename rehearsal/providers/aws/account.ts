import { sts } from "./clients";

let account: Promise<string> | undefined;

/** The account that the credentials belong to; asked once a process, as the real provider does. */
export async function callerAccount(): Promise<string> {
    account ??= askAccount();
    try {
        return await account;
    } catch (error) {
        account = undefined;
        throw error;
    }
}

async function askAccount(): Promise<string> {
    const { GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
    const { Account } = await (await sts()).send(new GetCallerIdentityCommand({}));
    if (!Account) {
        throw new Error("STS did not say which account the credentials belong to");
    }
    return Account;
}
