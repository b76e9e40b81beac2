import {
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
} from '@aws-sdk/client-efs';
import { type CallRate, type PacerTime, pacedClient, processTime } from '../paced-client.ts';
import type { EfsClient } from './volume-store.ts';

/** EFS does not say what it takes. A page holds 100 access points: a file system full of them is 20 s of these. */
const SWEEP_CALL_RATES: readonly CallRate[] = [
  { commands: [DescribeAccessPointsCommand], perSecond: 5 },
  { commands: [CreateAccessPointCommand, DeleteAccessPointCommand], perSecond: 2 },
];

/** EFS for an audit. As with ECS, the client must make one attempt only. */
export function sweepEfsClient(client: EfsClient, time: PacerTime = processTime): EfsClient {
  return pacedClient(client, SWEEP_CALL_RATES, time);
}
