import { DescribeInstancesCommand, EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { type ConnectionOptions, SINGLE_ATTEMPT, toClientConfig } from '../connection.ts';
import { type CallRate, createPacedClient, type PacerTime, processTime } from '../paced-client.ts';
import type { Ec2Client } from './instances.ts';

/** A client of EC2 that makes one attempt per call. The caller must call `destroy()`. */
export function createEc2Client(options: ConnectionOptions = {}): EC2Client {
  return new EC2Client(toClientConfig({ ...SINGLE_ATTEMPT, ...options }));
}

/** The call rates of one sweep. The limits of the account are from the Amazon EC2 Developer Guide, request throttling. */
const SWEEP_CALL_RATES: readonly CallRate[] = [
  // The account may make 100 at once, then 20 a second.
  { commands: [DescribeInstancesCommand], perSecond: 5 },
  // The account may make 100 at once, then 5 a second.
  { commands: [TerminateInstancesCommand], perSecond: 1 },
];

/** EC2 for a sweep. `client` must make one attempt per call; `createSweepEcsClient` gives the reason. */
export function createSweepEc2Client(client: Ec2Client, time: PacerTime = processTime): Ec2Client {
  return createPacedClient(client, SWEEP_CALL_RATES, time);
}
