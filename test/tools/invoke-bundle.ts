import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Loads a bundle like Lambda, invokes it with one event, and prints the outcome. */
const RUNNER = `
const [file, event, context] = process.argv.slice(1);
const { handler } = require(file);
const invocation = { getRemainingTimeInMillis: () => 29000, ...JSON.parse(context) };
handler(event === '' ? undefined : JSON.parse(event), invocation).then(
  (result) => ({ result }),
  (error) => ({ error: String(error) }),
).then((outcome) => process.stdout.write('\\n=' + JSON.stringify(outcome) + '\\n', () => process.exit()));
`;

export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: results have any type
  readonly result?: any;
  readonly error?: string;
  /** Output of the function. */
  readonly log: string;
}

/** Invokes a bundled function once in a separate process. */
export async function invokeBundle(
  file: string,
  event: unknown,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const context = { functionName: 'bundled', awsRequestId: 'request-1' };
  const args = [
    '--eval',
    RUNNER,
    file,
    event === undefined ? '' : JSON.stringify(event),
    JSON.stringify(context),
  ];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [written, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const outcome = /^=(.*)$/m.exec(written)?.[1];
  if (outcome === undefined) throw new Error(`${file} printed no outcome:\n${written}\n${errors}`);
  return { ...JSON.parse(outcome), log: written.replace(/^=.*$/m, '') + errors };
}
