import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const MODULE = join(import.meta.dirname, '../../local/inherited-descriptors.ts');

/** Node.js itself marks the descriptors before the first gap. */
const DESCRIPTOR = 40;

/** Runs a Node.js that inherits a descriptor as if it had these options, and returns what it has closed and left. */
async function runWith(options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const script = `import { closeInheritedDescriptors } from ${JSON.stringify(MODULE)};
    console.log(JSON.stringify(closeInheritedDescriptors({ execArgv: ${JSON.stringify(options)}, env: process.env })));`;
  const open = `exec ${DESCRIPTOR}</dev/null; exec "$@"`;
  const child = spawn(
    'bash',
    ['-c', open, 'bash', process.execPath, '--input-type=module', '--eval', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH ?? '', ...env },
    },
  );
  onTestFinished(() => void child.kill());
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return JSON.parse(text) as { closed: readonly number[]; left: readonly number[] };
}

describe.skipIf(process.platform !== 'linux')('a descriptor that the server inherited', () => {
  test.each([
    ['without options', []],
    ['with options for memory', ['--max-semi-space-size=4', '--heap-growing-percent=50']],
  ])('is closed %s', async (_, options) => {
    expect(await runWith(options)).toEqual({ closed: expect.arrayContaining([DESCRIPTOR]), left: [] });
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['with an option that may open a file', ['--max-semi-space-size=4', '--cpu-prof'], {}],
    ['with NODE_OPTIONS', [], { NODE_OPTIONS: '--max-old-space-size=512' }],
  ])('is left open %s', async (_, options, env) => {
    expect(await runWith(options, env)).toEqual({ closed: [], left: expect.arrayContaining([DESCRIPTOR]) });
  });
});
