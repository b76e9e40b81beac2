import { describe, expect, it } from 'vitest';
import { S3AuditArchive } from '#adapters/aws/s3/audit-archive.ts';
import { HOUR_MS } from '#core/ports/audit-archive.ts';
import { describeAuditArchiveContract, LAST_HOUR, textsOf } from '#test/contracts/audit-archive.ts';
import { FakeBucket } from './fake-bucket.ts';

const CHUNK = 10;

function setUp() {
  const bucket = new FakeBucket();
  return { bucket, archive: new S3AuditArchive(bucket as never, 'some-bucket', CHUNK) };
}

describeAuditArchiveContract(
  'S3AuditArchive',
  async () => {
    const { bucket, archive } = setUp();
    return {
      archive,
      read: async () => String([...bucket.objects.values()][0]),
      dispose: async () => {
        // Every upload was completed or ended.
        expect(bucket.openUploads).toBe(0);
      },
    };
  },
  CHUNK,
);

describe('S3AuditArchive', () => {
  it('reads all pages of a listing, and ignores files of others', async () => {
    const { bucket, archive } = setUp();
    const hours = Array.from({ length: 8 }, (_, index) => LAST_HOUR + index * HOUR_MS);
    for (const hour of hours) await archive.write(hour, textsOf('x'));
    bucket.objects.set('audit/day=2030-12-31/hour=23.jsonl.gz', Buffer.from('x'));
    bucket.objects.set('audit/day=2030-99-99/hour=23.jsonl', Buffer.from('x'));
    expect([...(await archive.sizes(LAST_HOUR, LAST_HOUR + 9 * HOUR_MS)).keys()]).toEqual(hours);
  });

  it('throws a PortError if S3 refuses a call, and ends the upload', async () => {
    const { bucket } = setUp();
    const send = (command: { readonly input: object }) =>
      command.constructor.name === 'CompleteMultipartUploadCommand'
        ? Promise.reject(Object.assign(new Error('SlowDown'), { name: 'SlowDown' }))
        : bucket.send(command);
    const archive = new S3AuditArchive({ send } as never, 'some-bucket', CHUNK);
    await expect(archive.write(LAST_HOUR, textsOf('x'.repeat(25)))).rejects.toMatchObject({
      name: 'PortError',
      message: 's3 CompleteMultipartUpload: SlowDown',
    });
    expect(bucket.openUploads).toBe(0);
    expect(bucket.objects.size).toBe(0);
  });
});
