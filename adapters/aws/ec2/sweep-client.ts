import { DescribeInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { type CallRate, type PacerTime, pacedClient, processTime } from '../paced-client.ts';
import type { Ec2Client } from './instances.ts';

/** What one audit takes of what the account has (Amazon EC2 Developer Guide, request throttling). */
const SWEEP_CALL_RATES: readonly CallRate[] = [
  // 100 at once, then 20 a second.
  { commands: [DescribeInstancesCommand], perSecond: 5 },
  // 100 at once, then 5 a second.
  { commands: [TerminateInstancesCommand], perSecond: 1 },
];

/** EC2 for an audit. As with ECS, the client must make one attempt only. */
export function sweepEc2Client(client: Ec2Client, time: PacerTime = processTime): Ec2Client {
  return pacedClient(client, SWEEP_CALL_RATES, time);
}
