import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { CONSOLE_CONFIG_PATH, type ConsoleConfig } from '#contract/console-config.ts';
import { CONSOLE_FILE_CACHING, CONSOLE_PAGE_CACHING } from '#contract/console-headers.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';
import { allow } from '../permissions/allow.ts';
import { createLogGroup } from './log-group.ts';

export interface ConsoleBucketProps {
  readonly installation: string;
  /** The built files of the console. */
  readonly folder: string;
  readonly config: ConsoleConfig;
  readonly logRetention: RetentionDays;
}

const PAGE = 'index.html';

/** The bucket with the files of the console. Only CloudFront reads it. It is deleted with its stack. */
export class ConsoleBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: ConsoleBucketProps) {
    super(scope, id);
    // The compiler's exactOptionalPropertyTypes does not accept it as its own interface.
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ id: 'abort', abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // The deployments delete their files before it.
      removalPolicy: RemovalPolicy.DESTROY,
    }) as IBucket;
    acknowledge(this.bucket, ...BUCKET_ACKNOWLEDGEMENTS);
    const files = new Asset(this, 'Files', { path: props.folder, exclude: [PAGE, '.*'] });
    const page = this.#pageAsset(props);
    const { role, logGroup, permissions } = this.#deployer(props, [files, page]);
    const deploy = (name: string, asset: Asset, caching: string) => {
      const deployment = new BucketDeployment(this, name, {
        sources: [Source.bucket(asset.bucket, asset.s3ObjectKey)],
        destinationBucket: this.bucket,
        cacheControl: [CacheControl.fromString(caching)],
        // Pages that are open load files of the version before.
        prune: false,
        retainOnDelete: false,
        role: role.withoutPolicyUpdates(),
        logGroup,
      });
      deployment.node.addDependency(...permissions);
      return deployment;
    };
    const filesDeployment = deploy('DeployFiles', files, CONSOLE_FILE_CACHING);
    const pageDeployment = deploy('DeployPage', page, CONSOLE_PAGE_CACHING);
    // A new page must not name files that do not exist yet.
    pageDeployment.node.addDependency(filesDeployment);
    acknowledgeRuntime(Stack.of(this));
  }

  /** The files with names that stay: the page and its configuration. */
  #pageAsset({ folder, config }: ConsoleBucketProps): Asset {
    const temporary = mkdtempSync(join(tmpdir(), 'console-page-'));
    try {
      writeFileSync(join(temporary, PAGE), readFileSync(join(folder, PAGE)));
      const configFile = join(temporary, CONSOLE_CONFIG_PATH);
      mkdirSync(dirname(configFile), { recursive: true });
      writeFileSync(configFile, JSON.stringify(config));
      // It is copied to the folder of the app at once.
      return new Asset(this, 'Page', { path: temporary });
    } finally {
      rmSync(temporary, { recursive: true });
    }
  }

  /** The role of the function with which CDK copies the files. Its own would have wildcards. */
  #deployer({ installation, logRetention }: ConsoleBucketProps, assets: readonly Asset[]) {
    const logGroup = createLogGroup(this, 'DeployLog', {
      name: `/${installation}/console-deployment`,
      logRetention,
    });
    const role = new Role(this, 'DeployRole', {
      description: `${installation}-console-deployment`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const { bucketArn } = this.bucket;
    const permissions = allow(this, 'DeployPermissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Writes its log.',
      },
      {
        sid: 'ReadAssets',
        actions: ['s3:GetObject'],
        resources: assets.map(({ bucket, s3ObjectKey }) => bucket.arnForObjects(s3ObjectKey)),
        why: 'Reads the built files, which CDK has uploaded.',
      },
      {
        sid: 'ListFiles',
        actions: ['s3:ListBucket', 's3:GetBucketTagging'],
        resources: [bucketArn],
        why: 'Compares the files of the console with those in the bucket, and finds out whether another deployment owns them.',
      },
      {
        sid: 'WriteFiles',
        actions: ['s3:PutObject', 's3:DeleteObject'],
        resources: [`${bucketArn}/*`],
        why: 'Writes the files of the console, and deletes them with the stack.',
      },
    ]);
    return { role, logGroup, permissions };
  }
}

/** Features against the loss of objects, or for reactions to them. */
const BUCKET_RULES = [
  'AwsSolutions-S1',
  ...[
    's3_bucket_logging_enabled_check',
    's3_bucket_versioning_enabled_check',
    's3_version_lifecycle_policy_check',
    's3_event_notifications_enabled_check',
    's3_bucket_object_lock_enabled_check',
    's3_bucket_default_encryption_kms_check',
  ].map((rule) => `${CONTROL_TOWER}::${rule}`),
];

const BUCKET_ACKNOWLEDGEMENTS = BUCKET_RULES.map((id) => ({
  id,
  reason: 'The files are public, and each deployment writes them again from the sources.',
}));

/** The function that copies the files is CDK's own, and a child of the stack. */
function acknowledgeRuntime(stack: Stack): void {
  const copier = stack.node.children.find(({ node }) => node.id.startsWith('Custom::CDKBucketDeployment'));
  if (copier === undefined) throw new Error('the function that copies files was not found');
  acknowledge(copier, {
    id: 'AwsSolutions-L1',
    reason: 'CDK chooses the runtime of its function, and updates it. It runs during deployments only.',
  });
}
