import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, inject } from 'vitest';
import { createS3Client, S3AuditArchive } from '#adapters/aws/s3/audit-archive.ts';
import { describeAuditArchiveContract } from '#test/contracts/audit-archive.ts';
import { connectionTo, REGION, sdkConfig, uniqueName } from '../connection.ts';

/** The smallest part that S3 accepts, except as the last one. */
const CHUNK = 5 * 1024 * 1024 + 1;

describeAuditArchiveContract(
  'S3AuditArchive on moto',
  async () => {
    const client = createS3Client(connectionTo('moto'));
    const operator = new S3Client({ ...sdkConfig(inject('emulators').moto), forcePathStyle: true });
    const Bucket = uniqueName('audit');
    await operator.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    return {
      archive: new S3AuditArchive(client, Bucket, CHUNK),
      async read() {
        const { Contents = [] } = await operator.send(new ListObjectsV2Command({ Bucket }));
        const { Body } = await operator.send(new GetObjectCommand({ Bucket, Key: Contents[0]?.Key }));
        return Body?.transformToString() ?? '';
      },
      async dispose() {
        const { Uploads = [] } = await operator.send(new ListMultipartUploadsCommand({ Bucket }));
        expect(Uploads).toEqual([]);
        client.destroy();
        operator.destroy();
      },
    };
  },
  CHUNK,
);
