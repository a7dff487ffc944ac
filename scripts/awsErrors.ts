/** The error code of an AWS error: its name, for EC2 the code of the answer. */
export function errorCode(error: unknown): string {
    if (!(error instanceof Error)) {
        return "";
    }
    const code: unknown = (error as { Code?: unknown }).Code;
    return typeof code === "string" ? code : error.name;
}

/** One line about an error of the cloud, with its code. */
export function errorText(error: unknown): string {
    if (!(error instanceof Error)) {
        return String(error);
    }
    const code = errorCode(error);
    const isOwn = code === "" || code === "Error" || code === "EngineError";
    return `${isOwn ? "" : `${code}: `}${error.message}`.split("\n")[0];
}

const FORBIDDEN = /^(UnauthorizedOperation|AccessDenied(Exception)?)$/;

/** Such as UnauthorizedOperation (EC2), AccessDenied (IAM, STS), AccessDeniedException (others). */
export function isForbidden(error: unknown): boolean {
    return FORBIDDEN.test(errorCode(error));
}

// Codes: "Common errors" in the API references of EC2 and STS, and the SDK's own
// CredentialsProviderError where no source has any.
const CREDENTIALS =
    /^(ExpiredToken(Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|AuthFailure|InvalidToken|InvalidIdentityToken(Exception)?|TokenRefreshRequired|CredentialsProviderError)$/;

/** The credentials are expired, unknown or absent: fresh ones may do better. */
export function isCredentialError(error: unknown): boolean {
    return CREDENTIALS.test(errorCode(error));
}

/**
 * Whether asking again is in vain: the text is one of `errorText`, which begins with the code. Expired
 * credentials are not: each call reads fresh ones, and a machine may be running.
 */
export function isHopeless(text: string): boolean {
    return FORBIDDEN.test(text.split(":")[0]);
}

/** Such as InvalidGroup.NotFound (EC2), NoSuchEntity (IAM), ResourceNotFoundException (Scheduler). */
export function isNotFound(error: unknown): boolean {
    return /(NotFound|NoSuchEntity|NoSuchEntityException|ResourceNotFoundException)$/.test(
        errorCode(error),
    );
}
