import { EC2Client } from '@aws-sdk/client-ec2';
import { type ConnectionOptions, clientConfig, SINGLE_ATTEMPT } from '../connection.ts';

/** A client of EC2 that asks once. Whoever makes it destroys it. */
export function ec2Client(options: ConnectionOptions = {}): EC2Client {
  return new EC2Client(clientConfig({ ...SINGLE_ATTEMPT, ...options }));
}
