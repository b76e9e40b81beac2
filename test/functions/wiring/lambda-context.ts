import type { Context } from 'aws-lambda';
import { vi } from 'vitest';

/** The context that Lambda passes to a function. */
export function contextOf(awsRequestId: string, functionName = 'a-function'): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '1',
    invokedFunctionArn: `arn:aws:lambda:eu-west-1:123456789012:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId,
    logGroupName: 'group',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => 29_000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

export type LogLine = Readonly<Record<string, unknown>>;

/** Captures the standard outputs, to which functions log, until the mocks are restored. */
export function captureLogLines(): { readonly text: () => string; readonly lines: () => readonly LogLine[] } {
  let written = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
  }
  return {
    text: () => written,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as LogLine),
  };
}
