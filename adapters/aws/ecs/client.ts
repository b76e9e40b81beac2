import { ECSClient } from '@aws-sdk/client-ecs';
import { type ConnectionOptions, clientConfig } from '../connection.ts';

/** A client of ECS. Whoever makes it destroys it. */
export function ecsClient(options: ConnectionOptions = {}): ECSClient {
  return new ECSClient(clientConfig(options));
}
