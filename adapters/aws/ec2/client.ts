import { EC2Client } from '@aws-sdk/client-ec2';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/** A client of EC2. Whoever makes it destroys it. */
export function ec2Client(options: ConnectionOptions = {}): EC2Client {
  return new EC2Client(clientConfig(options));
}
