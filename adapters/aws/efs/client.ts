import { EFSClient } from '@aws-sdk/client-efs';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/** A client of EFS. Whoever makes it destroys it. */
export function efsClient(options: ConnectionOptions = {}): EFSClient {
  return new EFSClient(clientConfig(options));
}
