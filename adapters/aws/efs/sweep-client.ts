import {
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
} from '@aws-sdk/client-efs';
import { type PacedCalls, type PaceTime, PROCESS_TIME, pacedClient } from '../paced-client.ts';
import type { EfsClient } from './volume-store.ts';

/** EFS does not say what it takes. A page holds 100 access points: a file system full of them is 20 s of these. */
const PACED: readonly PacedCalls[] = [
  { commands: [DescribeAccessPointsCommand], perSecond: 5 },
  { commands: [CreateAccessPointCommand, DeleteAccessPointCommand], perSecond: 2 },
];

/** EFS for an audit. As with ECS, the client must make one attempt only. */
export function auditEfsClient(client: EfsClient, time: PaceTime = PROCESS_TIME): EfsClient {
  return pacedClient(client, PACED, time);
}
