import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AUDIT_PREFIX } from '#contract/audit-export.ts';
import { ARCHIVE_CHUNK_BYTES, type AuditArchive, HOUR_MS } from '#core/ports/audit-archive.ts';
import { PortError } from '#core/ports/port-error.ts';
import { type ConnectionOptions, toClientConfig } from '../connection.ts';
import { callAws } from '../errors.ts';

const KEY = new RegExp(`^${AUDIT_PREFIX}day=(\\d{4}-\\d{2}-\\d{2})/hour=(\\d{2})\\.jsonl$`);

const CONTENT_TYPE = 'application/x-ndjson';

/** An upload of one file in several parts. */
interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
  readonly parts: CompletedPart[];
}

/**
 * Exported audit events in a bucket of S3: `audit/day=2030-06-15/hour=12.jsonl`. A file of more than a chunk is a multipart upload,
 * which S3 shows only when it is complete. The bucket's lifecycle ends uploads whose process ended.
 */
export class S3AuditArchive implements AuditArchive {
  readonly #client: Pick<S3Client, 'send'>;
  readonly #bucket: string;
  readonly #chunkBytes: number;

  /** @param chunkBytes at least the 5 MiB that S3 requires of a part, except in tests. @default ARCHIVE_CHUNK_BYTES */
  constructor(client: Pick<S3Client, 'send'>, bucket: string, chunkBytes = ARCHIVE_CHUNK_BYTES) {
    this.#client = client;
    this.#bucket = bucket;
    this.#chunkBytes = chunkBytes;
  }

  async sizes(from: number, to: number): Promise<ReadonlyMap<number, number>> {
    const sizes = new Map<number, number>();
    let token: string | undefined;
    do {
      const page = await callAws('s3', 'ListObjectsV2', () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: AUDIT_PREFIX,
            // Exclusive. The keys are in the order of time.
            StartAfter: keyOf(from - HOUR_MS),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) {
        const hour = hourOf(Key);
        if (hour !== undefined && hour >= from && hour < to) sizes.set(hour, Size);
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return sizes;
  }

  async write(hour: number, texts: AsyncIterable<string>, unlessAtMost = -1): Promise<boolean> {
    const file = { Bucket: this.#bucket, Key: keyOf(hour) };
    let upload: Upload | undefined;
    try {
      let bytes = 0;
      let pending: Buffer[] = [];
      let pendingBytes = 0;
      for await (const text of texts) {
        const piece = Buffer.from(text);
        pending.push(piece);
        pendingBytes += piece.length;
        bytes += piece.length;
        if (pendingBytes < this.#chunkBytes) continue;
        upload ??= await this.#begin(file);
        await this.#append(upload, Buffer.concat(pending));
        pending = [];
        pendingBytes = 0;
      }
      if (bytes <= unlessAtMost) {
        if (upload !== undefined) await this.#discard(upload);
        return false;
      }
      if (upload === undefined) {
        await this.#put(file, Buffer.concat(pending));
        return true;
      }
      if (pendingBytes > 0) await this.#append(upload, Buffer.concat(pending));
      await this.#complete(upload);
      return true;
    } catch (error) {
      // The first error says more than one of the clean-up, which the lifecycle repeats.
      if (upload !== undefined) await this.#discard(upload).catch(() => {});
      throw error;
    }
  }

  #put(file: { readonly Bucket: string; readonly Key: string }, Body: Buffer): Promise<unknown> {
    return callAws('s3', 'PutObject', () =>
      this.#client.send(
        new PutObjectCommand({ ...file, Body, ContentType: CONTENT_TYPE, ChecksumAlgorithm: 'CRC32' }),
      ),
    );
  }

  async #begin(file: { readonly Bucket: string; readonly Key: string }): Promise<Upload> {
    const { UploadId } = await callAws('s3', 'CreateMultipartUpload', () =>
      this.#client.send(
        new CreateMultipartUploadCommand({ ...file, ContentType: CONTENT_TYPE, ChecksumAlgorithm: 'CRC32' }),
      ),
    );
    if (UploadId === undefined)
      throw new PortError('unavailable', 's3 CreateMultipartUpload: no id in the response');
    return { ...file, UploadId, parts: [] };
  }

  async #append({ parts, ...upload }: Upload, Body: Buffer): Promise<void> {
    const PartNumber = parts.length + 1;
    const { ETag, ChecksumCRC32 } = await callAws('s3', 'UploadPart', () =>
      this.#client.send(new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'CRC32' })),
    );
    parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }

  #complete({ parts, ...upload }: Upload): Promise<unknown> {
    return callAws('s3', 'CompleteMultipartUpload', () =>
      this.#client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...parts] } }),
      ),
    );
  }

  #discard({ parts: _, ...upload }: Upload): Promise<unknown> {
    return callAws('s3', 'AbortMultipartUpload', () =>
      this.#client.send(new AbortMultipartUploadCommand(upload)),
    );
  }
}

function keyOf(hour: number): string {
  const time = new Date(hour).toISOString();
  return `${AUDIT_PREFIX}day=${time.slice(0, 10)}/hour=${time.slice(11, 13)}.jsonl`;
}

/** Undefined for a file of another program. */
function hourOf(key: string): number | undefined {
  const [, day, hour] = KEY.exec(key) ?? [];
  const at = Date.parse(`${day}T${hour}:00:00.000Z`);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * A client of S3 for files of some megabytes. No user waits for it, and its calls are idempotent. Beside its adapter, so that no other
 * function loads it. The caller must call `destroy()`.
 */
export function createS3Client(options: ConnectionOptions = {}): S3Client {
  return new S3Client(toClientConfig({ requestTimeoutMs: 30_000, maxAttempts: 3, ...options }));
}
