import { expect, it } from 'vitest';
import { S3AuditArchive } from '#adapters/aws/s3/audit-archive.ts';
import { HOUR_MS } from '#core/ports/audit-archive.ts';
import { textsOf } from '#test/contracts/audit-archive.ts';
import { recordingClient } from './recording-client.ts';

const HOUR = Date.UTC(2030, 5, 15, 7);
const FILE = { Bucket: 'some-bucket', Key: 'audit/day=2030-06-15/hour=07.jsonl' };
/** One line of JSON for each event. */
const ContentType = 'application/x-ndjson';
/** S3 refuses a body that arrives changed. */
const ChecksumAlgorithm = 'CRC32';

function archiveWith(responses: Parameters<typeof recordingClient>[0] = {}) {
  const { client, sent } = recordingClient(responses);
  return { archive: new S3AuditArchive(client, 'some-bucket', 4), sent };
}

it('exported hours are listed from the hour before the first one, which S3 leaves out', async () => {
  const { archive, sent } = archiveWith({
    ListObjectsV2: ({ ContinuationToken }: { readonly ContinuationToken?: string }) =>
      ContinuationToken === undefined ? { NextContinuationToken: 'token' } : {},
  });
  await archive.sizes(HOUR, HOUR + HOUR_MS);
  const input = {
    Bucket: 'some-bucket',
    // The only prefix that the function may list.
    Prefix: 'audit/',
    StartAfter: 'audit/day=2030-06-15/hour=06.jsonl',
  };
  expect(sent).toEqual([
    { name: 'ListObjectsV2', input },
    { name: 'ListObjectsV2', input: { ...input, ContinuationToken: 'token' } },
  ]);
});

it('a small file is written with one request, which S3 carries out as a whole', async () => {
  const { archive, sent } = archiveWith();
  await archive.write(HOUR, textsOf('a\n'));
  expect(sent).toEqual([
    { name: 'PutObject', input: { ...FILE, Body: Buffer.from('a\n'), ContentType, ChecksumAlgorithm } },
  ]);
});

it('a large file is written in parts, each with its checksum, and visible when all are there', async () => {
  const { archive, sent } = archiveWith({
    CreateMultipartUpload: { UploadId: 'some-upload' },
    UploadPart: ({ PartNumber }: { readonly PartNumber: number }) => ({
      ETag: `etag-${PartNumber}`,
      ChecksumCRC32: `crc-${PartNumber}`,
    }),
  });
  await archive.write(HOUR, textsOf('abcd', 'e'));
  const upload = { ...FILE, UploadId: 'some-upload' };
  expect(sent).toEqual([
    { name: 'CreateMultipartUpload', input: { ...FILE, ContentType, ChecksumAlgorithm } },
    {
      name: 'UploadPart',
      input: { ...upload, PartNumber: 1, Body: Buffer.from('abcd'), ChecksumAlgorithm },
    },
    { name: 'UploadPart', input: { ...upload, PartNumber: 2, Body: Buffer.from('e'), ChecksumAlgorithm } },
    {
      name: 'CompleteMultipartUpload',
      input: {
        ...upload,
        MultipartUpload: {
          Parts: [1, 2].map((PartNumber) => ({
            PartNumber,
            ETag: `etag-${PartNumber}`,
            // S3 requires them if the upload has an algorithm.
            ChecksumCRC32: `crc-${PartNumber}`,
          })),
        },
      },
    },
  ]);
});

it('an upload that is not needed is ended, because AWS bills its parts', async () => {
  const { archive, sent } = archiveWith({ CreateMultipartUpload: { UploadId: 'some-upload' } });
  expect(await archive.write(HOUR, textsOf('abcd', 'efgh'), 8)).toBe(false);
  expect(sent.at(-1)).toEqual({
    name: 'AbortMultipartUpload',
    input: { ...FILE, UploadId: 'some-upload' },
  });
  expect(sent.map(({ name }) => name)).not.toContain('CompleteMultipartUpload');
});
