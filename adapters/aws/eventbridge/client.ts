import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type ConnectionOptions, toClientConfig } from '../connection.ts';

/**
 * A client of EventBridge. No user waits for it, and its readers expect repeated events. In a file of its own, so that no other function
 * loads it. The caller must call `destroy()`.
 */
export function createEventBridgeClient(options: ConnectionOptions = {}): EventBridgeClient {
  return new EventBridgeClient(toClientConfig({ maxAttempts: 3, ...options }));
}
