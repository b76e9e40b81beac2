import { ECSClient } from '@aws-sdk/client-ecs';
import { type ConnectionOptions, clientConfig, SENT_ONCE } from '../connection.ts';

/** A client of ECS that asks once. Whoever makes it destroys it. */
export function ecsClient(options: ConnectionOptions = {}): ECSClient {
  return new ECSClient(clientConfig({ ...SENT_ONCE, ...options }));
}
