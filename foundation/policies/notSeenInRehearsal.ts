/** A call that the policy of CI allows although no rehearsal makes it. */
export interface UnseenCall {
    readonly action: string;
    /** Who makes it, and when. */
    readonly why: string;
    /** Where that can be read. */
    readonly source: string;
}

const INSTANCE =
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_instance.go";

/**
 * What the real AWS provider calls for our resources and the stand-in does not, found by reading its
 * source. Everything else that it calls for them is among the recorded calls: for `aws_instance` the
 * Describe calls of instances, images, instance types, volumes, instance attributes and spot requests;
 * for `aws_security_group` those of groups and network interfaces.
 *
 * Left out on purpose: `ec2:ModifyInstanceAttribute`, with which the provider lifts a protection against
 * termination before each termination. Refused, it writes a warning and goes on (`resourceInstanceDelete`).
 */
export const NOT_SEEN_IN_REHEARSAL: readonly UnseenCall[] = [
    {
        action: "ec2:DescribeTags",
        why: "aws_instance reads the tags of its volumes (readVolumeTags)",
        source: INSTANCE,
    },
    {
        action: "ec2:CancelSpotInstanceRequests",
        why: "aws_instance on the spot market cancels its request before it ends the machine, and fails where it may not (resourceInstanceDelete)",
        source: INSTANCE,
    },
];
