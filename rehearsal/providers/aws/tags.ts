import type { ResourceType as TaggedType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { ec2 } from "./clients";

export type Tags = Record<string, string>;

export function toTagList(tags: unknown): { Key: string; Value: string }[] {
    return Object.entries((tags ?? {}) as Tags).map(([Key, Value]) => ({ Key, Value }));
}

/** AWS's own tags (aws:...) are not the program's, so they never show as a difference. */
export function fromTagList(list: readonly Tag[] | undefined): Tags {
    return Object.fromEntries(
        (list ?? [])
            .filter((tag) => !tag.Key?.startsWith("aws:"))
            .map((tag) => [tag.Key ?? "", tag.Value ?? ""]),
    );
}

/** Tags in the call that makes the thing: there is no moment in which it exists untagged. */
export function tagSpecification(kind: TaggedType, tags: unknown): TagSpecification[] {
    const list = toTagList(tags);
    return list.length > 0 ? [{ ResourceType: kind, Tags: list }] : [];
}

/** Tags to set and tag keys to remove to get from the one to the other. */
export function tagChanges(olds: unknown, news: unknown): { set: Tags; remove: string[] } {
    const before = (olds ?? {}) as Tags;
    const after = (news ?? {}) as Tags;
    return {
        set: Object.fromEntries(
            Object.entries(after).filter(([key, value]) => before[key] !== value),
        ),
        remove: Object.keys(before).filter((key) => !(key in after)),
    };
}

/** Brings the tags of EC2 resources from old to new. */
export async function updateEc2Tags(
    region: string,
    ids: string[],
    olds: unknown,
    news: unknown,
): Promise<void> {
    const { CreateTagsCommand, DeleteTagsCommand } = await import("@aws-sdk/client-ec2");
    const { set, remove } = tagChanges(olds, news);
    const client = await ec2(region);
    if (remove.length > 0) {
        await client.send(
            new DeleteTagsCommand({ Resources: ids, Tags: remove.map((Key) => ({ Key })) }),
        );
    }
    if (Object.keys(set).length > 0) {
        await client.send(new CreateTagsCommand({ Resources: ids, Tags: toTagList(set) }));
    }
}
