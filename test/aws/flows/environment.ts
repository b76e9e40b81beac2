import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { inject } from 'vitest';
import type { QueueName } from '#contract/deployed-functions.ts';
import { formatInstanceTypes, formatProviders } from '#contract/settings/capacity-settings.ts';
import type { MotoCluster } from '../cluster-on-moto.ts';
import { REGION, sdkConfig, uniqueName } from '../connection.ts';

/** The static key of API requests. */
export const STATIC_KEY = 'a-static-key-of-the-emulated-installation';

/**
 * The environment that the CDK app and Lambda set for the functions. A variable that a shell may have and Lambda does not is
 * `undefined`.
 */
export async function createFunctionEnvironment(installed: {
  readonly moto: MotoCluster;
  readonly endpoints: { readonly moto: string; readonly lambda: string };
  readonly tableName: string;
  readonly queueUrls: Readonly<Record<QueueName, string>>;
  /** File system → the folder that stands for its parent directory. */
  readonly mounts: Readonly<Record<string, string>>;
}): Promise<Readonly<Record<string, string | undefined>>> {
  const { moto, endpoints, tableName, queueUrls, mounts } = installed;
  const { LaunchTemplate } = await moto.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: uniqueName('template-'),
      LaunchTemplateData: { ImageId: moto.imageId },
    }),
  );
  return {
    AWS_REGION: REGION,
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: endpoints.moto,
    AWS_ENDPOINT_URL_DYNAMODB: inject('emulators').ministack,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    // Makes the logger of the functions use the console.
    POWERTOOLS_DEV: 'true',
    WB_AUTH_SECRET_ARN: await createKeySecret(endpoints.moto),
    BASE_URL: 'https://workbenches.example.com',
    WB_TABLE_NAME: tableName,
    WB_QUEUE_URL: queueUrls.work,
    WB_HOST_QUEUE_URL: queueUrls.host,
    WB_DELETE_QUEUE_URL: queueUrls.delete,
    WB_INSTALLATION: moto.installation,
    WB_CLUSTER: moto.cluster,
    WB_CAPACITY_PROVIDERS: formatProviders([
      { name: 'small', cpuUnits: 4096, memoryMib: 7000, gpuCount: 0, interfaces: 20, price: 0.192 },
    ]),
    WB_INSTANCE_TYPES: formatInstanceTypes([
      { name: 'm5.large', cpuUnits: 2048, memoryMib: 7000, gpuCount: 0 },
    ]),
    WB_IMAGE: 'registry.example/workbench:1',
    WB_SUBNETS: moto.subnets.join(','),
    WB_TASK_SECURITY_GROUPS: moto.securityGroups[0] ?? '',
    WB_EXECUTION_ROLE_ARN: 'arn:aws:iam::123456789012:role/execution',
    WB_TASK_ROLE_ARN: 'arn:aws:iam::123456789012:role/task',
    WB_LAUNCH_TEMPLATE: `${LaunchTemplate?.LaunchTemplateId}:1`,
    WB_FILE_SYSTEMS: Object.keys(mounts).join(','),
    WB_JANITOR_FUNCTIONS: 'janitor',
    WB_JANITOR_MOUNTS: JSON.stringify(mounts),
    WB_AUDIT_BUCKET: await createBucket(endpoints.moto),
  };
}

async function createBucket(endpoint: string): Promise<string> {
  const s3 = new S3Client({ ...sdkConfig(endpoint), forcePathStyle: true });
  const Bucket = uniqueName('audit');
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
  s3.destroy();
  return Bucket;
}

async function createKeySecret(endpoint: string): Promise<string> {
  const secrets = new SecretsManagerClient(sdkConfig(endpoint));
  const SecretString = JSON.stringify({ static_key: STATIC_KEY });
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name: uniqueName('keys-'), SecretString }),
  );
  secrets.destroy();
  return ARN;
}
