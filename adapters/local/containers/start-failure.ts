import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import type { StopReason } from '../tasks/task-record.ts';
import { EngineRefused } from './engine.ts';
import { PullFailed } from './images.ts';

/** What ends the start of a task, and why. */
export class StartFailure extends Error {
  readonly stop: StopReason;

  constructor(code: StopReason['code'], message: string) {
    super(message);
    this.name = 'StartFailure';
    this.stop = { code, message };
  }
}

/** What an error ends a start with; undefined when the engine could not be asked, and is to be asked again. */
export function startFailureReason(error: unknown): StopReason | undefined {
  if (error instanceof StartFailure) return error.stop;
  if (error instanceof PullFailed) {
    return { code: 'image_pull_failed', message: engineMessage('fetch its image', error) };
  }
  if (error instanceof EngineRefused) {
    return { code: 'start_refused', message: engineMessage('start its container', error) };
  }
  return undefined;
}

function engineMessage(what: string, { message }: Error): string {
  return truncateUtf8(`The container engine could not ${what}: ${message}`, REASON_MESSAGE_MAX);
}
