import { standInProvider } from "../standIn";
import { bucket } from "./bucket";
import { bucketEncryption, bucketLifecycle, bucketPublicAccessBlock } from "./bucketSettings";
import { awsFunctions } from "./functions";
import { instance } from "./instance";
import { instanceProfile } from "./instanceProfile";
import { keyPair } from "./keyPair";
import { policy } from "./policy";
import { role } from "./role";
import { rolePolicy } from "./rolePolicy";
import { schedule } from "./schedule";
import { securityGroup } from "./securityGroup";
import { stateMachine } from "./stateMachine";
import { topic } from "./topic";
import { topicSubscription } from "./topicSubscription";

/** Stand-in for @pulumi/aws 7.48 by AWS SDK calls, for the resource types that this project uses. */
export const awsProvider = standInProvider({
    name: "aws",
    version: "7.48.0",
    types: {
        "aws:ec2/instance:Instance": instance,
        "aws:ec2/keyPair:KeyPair": keyPair,
        "aws:ec2/securityGroup:SecurityGroup": securityGroup,
        "aws:iam/instanceProfile:InstanceProfile": instanceProfile,
        "aws:iam/policy:Policy": policy,
        "aws:iam/role:Role": role,
        "aws:iam/rolePolicy:RolePolicy": rolePolicy,
        "aws:s3/bucket:Bucket": bucket,
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketLifecycle,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketPublicAccessBlock,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
            bucketEncryption,
        "aws:scheduler/schedule:Schedule": schedule,
        "aws:sfn/stateMachine:StateMachine": stateMachine,
        "aws:sns/topic:Topic": topic,
        "aws:sns/topicSubscription:TopicSubscription": topicSubscription,
    },
    functions: awsFunctions,
});
