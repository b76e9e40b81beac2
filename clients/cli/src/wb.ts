#!/usr/bin/env node
import { CommanderError } from 'commander';
import { WorkbenchApiError, WorkbenchConnectionError, WorkbenchWaitError } from 'workbench-client';
import { CommandError, EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { printable } from './output.ts';
import { buildProgram } from './program.ts';

// Outside a wait, where it has a handler of its own, Ctrl-C ends the command.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') === 1) process.exit(EXIT_CODES.interrupted);
});
// A reader such as `head` has closed its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.success);
  throw error;
});

const program = buildProgram();
const nested = program.commands.flatMap(({ commands }) => commands);
for (const command of [program, ...program.commands, ...nested]) command.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): ExitCode {
  // Commander has printed its message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.success : EXIT_CODES.usage;
  if (!(error instanceof Error)) throw error;
  const known = exitCodeOf(error);
  if (known === undefined) throw error;
  const fields = error instanceof WorkbenchApiError ? Object.entries(error.fields) : [];
  const isUnknown = error instanceof WorkbenchApiError && isUnknownCaller(error);
  const request = error instanceof WorkbenchApiError && error.status >= 500 && error.requestId !== undefined;
  const lines = [
    error.message.split('\n').map(printable).join('\n'),
    ...fields.map(([name, expected]) => printable(`  ${name}: ${expected}`)),
    ...(isUnknown ? ['Sign in: wb login. A key or token in WORKBENCH_TOKEN takes precedence.'] : []),
    ...(request ? [`  request ${error.requestId}`] : []),
  ];
  process.stderr.write(`wb: ${lines.join('\n')}\n`);
  return known;
}

/** Whether the API does not know who sends the request. What comes from the gateway has no code. */
function isUnknownCaller({ status, code, reason }: WorkbenchApiError): boolean {
  return status === 401 || (status === 403 && (code === undefined || reason === 'token_expired'));
}

function exitCodeOf(error: Error): ExitCode | undefined {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof WorkbenchConnectionError) return EXIT_CODES.no_connection;
  if (error instanceof WorkbenchWaitError)
    return error.kind === 'timeout' ? EXIT_CODES.timeout : EXIT_CODES.not_reached;
  if (!(error instanceof WorkbenchApiError)) return undefined;
  if (error.status === 401 || error.status === 403) return EXIT_CODES.not_authorized;
  return error.code === 'workbench_not_found' ? EXIT_CODES.not_found : EXIT_CODES.failed;
}
