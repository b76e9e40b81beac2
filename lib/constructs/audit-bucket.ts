import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** How long a file that was written again, or that an operator deleted, can be restored. */
const OLD_VERSIONS_DAYS = 30;

/** Rules that ask for features of buckets whose objects are served or change often. */
const RULES = [
  'AwsSolutions-S1',
  ...['s3_bucket_logging_enabled_check', 's3_event_notifications_enabled_check'].map(
    (rule) => `${CONTROL_TOWER}::${rule}`,
  ),
];

/** The bucket with the exported audit events. It is retained when the stack is deleted. */
export class AuditBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { retentionDays }: { readonly retentionDays: number }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(retentionDays),
          noncurrentVersionExpiration: Duration.days(OLD_VERSIONS_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(
      this.bucket,
      ...RULES.map((rule) => ({
        id: rule,
        reason:
          'One function writes a file an hour, and nothing reacts to it. CloudTrail can log the access.',
      })),
      {
        id: `${CONTROL_TOWER}::s3_bucket_default_encryption_kms_check`,
        reason: 'S3 encrypts it with its own keys, as DynamoDB does with the table that has the same events.',
      },
      {
        id: `${CONTROL_TOWER}::s3_bucket_object_lock_enabled_check`,
        reason:
          'An hour is written again if an event was stored late. Operators who need a lock can turn it on for the bucket.',
      },
    );
  }
}
