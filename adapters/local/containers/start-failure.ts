import type { StopReason } from '#core/ports/task-runner.ts';
import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { EngineRefused } from './engine.ts';
import { PullFailed } from './images.ts';

/** An error that ends the start of a task. */
export class StartFailure extends Error {
  readonly stop: StopReason;

  constructor(code: StopReason['code'], message: string) {
    super(message);
    this.name = 'StartFailure';
    this.stop = { code, message };
  }
}

/** Returns the stop reason for an error, or undefined when the engine did not respond and the start is retried. */
export function startFailureReason(error: unknown): StopReason | undefined {
  if (error instanceof StartFailure) return error.stop;
  if (error instanceof PullFailed) {
    return { code: 'image_pull_failed', message: engineMessage('pull its image', error) };
  }
  if (error instanceof EngineRefused) {
    return { code: 'start_refused', message: engineMessage('start its container', error) };
  }
  return undefined;
}

function engineMessage(action: string, { message }: Error): string {
  return truncateUtf8(`The container engine could not ${action}: ${message}`, REASON_MESSAGE_MAX);
}
