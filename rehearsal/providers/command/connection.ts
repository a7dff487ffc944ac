import { Client, utils, type ConnectConfig, type ParsedKey } from "ssh2";
import sshpk from "sshpk";
import { sleep } from "../sleep";

/** `connection` of the command provider, with the defaults that its SDK fills in. */
export interface Connection {
    readonly host: string;
    readonly port?: number;
    readonly user?: string;
    readonly password?: string;
    readonly privateKey?: string;
    readonly privateKeyPassword?: string;
    readonly agentSocketPath?: string;
    /** One authorized_keys line; without it nobody checks who answers. */
    readonly hostKey?: string;
    /** Retries after a failed dial; -1 is for ever. */
    readonly dialErrorLimit?: number;
    readonly perDialTimeout?: number;
}

export const CONNECTION_KEYS = [
    "agentSocketPath",
    "dialErrorLimit",
    "host",
    "hostKey",
    "password",
    "perDialTimeout",
    "port",
    "privateKey",
    "privateKeyPassword",
    "user",
] as const;

export interface DialOptions {
    readonly signal: AbortSignal;
    /** Told before each retry. */
    readonly onRetry?: (text: string) => void;
}

const DIAL_ERROR_LIMIT = 10;
const PER_DIAL_TIMEOUT_SECONDS = 15;
const FIRST_DELAY_MILLISECONDS = 100;
const BACK_OFF = 1.5;
const LONGEST_DELAY_MILLISECONDS = 5000;

/**
 * golang.org/x/crypto/ssh's default order, which the real provider does not change: a server that
 * has an ecdsa or rsa key as well shows that one, and a `hostKey` of the kind ed25519 then fails.
 */
const HOST_KEY_ALGORITHMS = [
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-256",
    "rsa-sha2-512",
    "ssh-rsa",
    "ssh-ed25519",
] as const;

/** How long to wait after the n-th failed dial (from 0), in milliseconds. */
export function delayAfter(failedDial: number): number {
    return Math.min(FIRST_DELAY_MILLISECONDS * BACK_OFF ** failedDial, LONGEST_DELAY_MILLISECONDS);
}

/**
 * Connects, dialling again with growing pauses as the real provider does: any failure counts, a
 * refused key and a wrong host key as well as a refused port. There is no keepalive, as there.
 *
 * @throws Error with the last failure when the limit is reached or the engine cancels.
 */
export async function dial(connection: Connection, options: DialOptions): Promise<Client> {
    const limit = connection.dialErrorLimit ?? DIAL_ERROR_LIMIT;
    const config = connectConfig(connection);
    for (let failed = 0; ; failed += 1) {
        options.signal.throwIfAborted();
        try {
            return await dialOnce(config, options.signal);
        } catch (error) {
            options.signal.throwIfAborted();
            const reason = error instanceof Error ? error.message : String(error);
            if (limit > -1 && failed + 1 > limit) {
                throw new Error(`after ${failed} failed attempts: ${reason}`, { cause: error });
            }
            options.onRetry?.(
                `Dial ${failed + 1}/${limit === -1 ? "inf" : limit} failed: retrying (${reason})`,
            );
            await sleep(delayAfter(failed), options.signal);
        }
    }
}

function connectConfig(connection: Connection): ConnectConfig {
    const timeoutSeconds = connection.perDialTimeout ?? PER_DIAL_TIMEOUT_SECONDS;
    return {
        host: connection.host,
        port: connection.port ?? 22,
        username: connection.user ?? "root",
        password: connection.password,
        tryKeyboard: connection.password !== undefined,
        privateKey:
            connection.privateKey === undefined
                ? undefined
                : readablePrivateKey(connection.privateKey, connection.privateKeyPassword),
        passphrase: connection.privateKeyPassword,
        agent: connection.agentSocketPath ?? (process.env.SSH_AUTH_SOCK || undefined),
        readyTimeout: timeoutSeconds * 1000,
        timeout: undefined,
        algorithms: { serverHostKey: [...HOST_KEY_ALGORITHMS] },
        hostVerifier: hostVerifier(connection.hostKey),
    };
}

/** ssh2 reads no PKCS #8 keys, the real provider does; sshpk rewrites them. */
export function readablePrivateKey(key: string, passphrase?: string): string {
    if (!(utils.parseKey(key, passphrase) instanceof Error)) {
        return key;
    }
    try {
        return sshpk.parsePrivateKey(key, "auto", { passphrase }).toString("ssh");
    } catch (error) {
        throw new Error(
            `ssh: cannot read the private key: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
        );
    }
}

function hostVerifier(hostKey: string | undefined): ((key: Buffer) => boolean) | undefined {
    if (hostKey === undefined) {
        return undefined;
    }
    const parsed = utils.parseKey(hostKey);
    if (parsed instanceof Error) {
        throw new Error(`ssh: cannot read the host key: ${parsed.message}`);
    }
    const [expected] = (Array.isArray(parsed) ? parsed : [parsed]) as ParsedKey[];
    return (key) => expected !== undefined && key.equals(expected.getPublicSSH());
}

async function dialOnce(config: ConnectConfig, signal: AbortSignal): Promise<Client> {
    const client = new Client();
    return new Promise<Client>((resolve, reject) => {
        const settle = (finish: () => void) => {
            signal.removeEventListener("abort", onAbort);
            client.removeAllListeners("error").removeAllListeners("close");
            // Late errors of a connection that is being given up must not end the plugin.
            client.on("error", () => undefined);
            finish();
        };
        const onAbort = () =>
            settle(() => {
                client.destroy();
                reject(signal.reason as Error);
            });
        signal.addEventListener("abort", onAbort, { once: true });
        client.on("ready", () =>
            settle(() => {
                // As Go's connections are; with Nagle's delay each SFTP request costs 40 ms.
                client.setNoDelay(true);
                resolve(client);
            }),
        );
        client.on("error", (error) =>
            settle(() => {
                client.destroy();
                reject(new Error(readable(error), { cause: error }));
            }),
        );
        client.on("close", () =>
            settle(() => reject(new Error("ssh: the server closed the connection"))),
        );
        client.on("keyboard-interactive", (_name, _instructions, _lang, prompts, answer) =>
            answer(prompts.map(() => config.password ?? "")),
        );
        client.connect(config);
    });
}

function readable(error: Error): string {
    if (/host denied/i.test(error.message)) {
        return "ssh: handshake failed: ssh: host key mismatch";
    }
    if (/authentication methods failed/i.test(error.message)) {
        return "ssh: handshake failed: ssh: unable to authenticate";
    }
    return error.message;
}
