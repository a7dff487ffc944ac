import {
    GetObjectCommand,
    NoSuchKey,
    paginateListObjectsV2,
    type S3Client,
} from "@aws-sdk/client-s3";

import type { StoredObject } from "./cloud";

// What S3 says of reports, as `Cloud` promises it.

export async function storedObject(
    client: S3Client,
    bucket: string,
    key: string,
    mostBytes: number,
): Promise<StoredObject | undefined> {
    try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        const length = answer.ContentLength ?? Infinity;
        if (length > mostBytes) {
            // Nobody reads it: the connection is given up.
            const body = answer.Body as { destroy?: () => void } | undefined;
            body?.destroy?.();
            throw new Error(`it has ${length} bytes, more than ${mostBytes}`);
        }
        const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        return { bytes, instanceId: answer.Metadata?.instance };
    } catch (error) {
        if (error instanceof NoSuchKey) {
            return undefined;
        }
        throw error;
    }
}

export async function storedKeys(
    client: S3Client,
    bucket: string,
    prefix: string,
): Promise<string[]> {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: prefix },
    )) {
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    }
    return keys;
}
