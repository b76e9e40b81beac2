import { S3Client } from '@aws-sdk/client-s3';
import { type ConnectionOptions, toClientConfig } from '../connection.ts';

/**
 * A client of S3 for files of some megabytes. No user waits for it, and its calls are idempotent. In a file of its own, so that no other
 * function loads it. The caller must call `destroy()`.
 */
export function createS3Client(options: ConnectionOptions = {}): S3Client {
  return new S3Client(toClientConfig({ requestTimeoutMs: 30_000, maxAttempts: 3, ...options }));
}
