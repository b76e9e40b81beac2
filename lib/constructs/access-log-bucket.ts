import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketPolicy,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct, type IDependable } from 'constructs';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** The folder of the logs in the bucket. */
const PREFIX = 'gate';

/** Rules that ask for features against the loss of objects, or for reactions to them. */
const LOG_BUCKET_RULES = [
  'AwsSolutions-S1',
  ...[
    's3_bucket_logging_enabled_check',
    's3_bucket_versioning_enabled_check',
    's3_version_lifecycle_policy_check',
    's3_event_notifications_enabled_check',
    's3_bucket_object_lock_enabled_check',
  ].map((rule) => `${CONTROL_TOWER}::${rule}`),
];

/** The bucket with the access logs of the load balancer. It is retained when the stack is deleted. */
export class AccessLogBucket extends Construct {
  readonly name: string;
  readonly prefix = PREFIX;
  /** A load balancer checks at its creation whether it can write. */
  readonly writable: IDependable;

  constructor(scope: Construct, id: string, { retentionDays }: { readonly retentionDays: number }) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      // Load balancers cannot write to a bucket with a KMS key.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(retentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const { account } = Stack.of(this);
    const loadBalancers = Stack.of(this).formatArn({
      service: 'elasticloadbalancing',
      resource: 'loadbalancer',
      resourceName: '*',
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'WriteAccessLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${PREFIX}/AWSLogs/${account}/*`)],
        conditions: { ArnLike: { 'aws:SourceArn': loadBalancers } },
      }),
    );
    acknowledge(
      bucket,
      ...LOG_BUCKET_RULES.map((rule) => ({
        id: rule,
        reason:
          'The bucket contains logs: access to it is not logged again. They are written once, start nothing, and expire.',
      })),
      {
        id: `${CONTROL_TOWER}::s3_bucket_default_encryption_kms_check`,
        reason: 'Load balancers cannot write to a bucket with a KMS key. S3 encrypts it with its own keys.',
      },
    );
    this.name = bucket.bucketName;
    this.writable = bucket.policy as BucketPolicy;
  }
}
