import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, inject, test } from 'vitest';
import { createDataDir } from '#test/e2e/local-server.ts';
import { pythonOf } from '#tools/python/environment.ts';
import { SCHEMATHESIS } from '#tools/schemathesis/environment.ts';
import { attackServer } from '../attacked-server.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const TOOL = join(PROJECT, 'tools/schemathesis');
const SECRET = 'an-hs256-secret-of-the-attacked-server';
/** Generation ends after this time, seconds. */
const SECONDS = 120;

/**
 * Checks of schemathesis that are not made, each with the reason. All others are, those of later versions too.
 */
const EXCLUDED_CHECKS: Readonly<Record<string, string>> = {
  unsupported_method:
    'API Gateway returns 404, not 405, for a method without a route, and local mode does the same.',
};

test('requests that docs/api.yaml allows are accepted, others are refused, and all responses are as it says', async () => {
  const token = await new SignJWT({ sub: 'ada', scope: 'workbench:admin' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET));
  const settings = {
    RESTAPI_AUTH_JWT_KEY: SECRET,
    // Nothing needs to become ready, and few need to run.
    WB_BOOT_COMMAND: 'exec sleep 1000',
    WB_LOCAL_MAX_RUNNING: '1',
  };
  await attackServer(settings, async ({ api }) => {
    const { code, output } = await runSchemathesis([
      ...['--url', api, '--header', `Authorization: Bearer ${token}`],
      ...['--checks', 'all', '--exclude-checks', Object.keys(EXCLUDED_CHECKS).join(',')],
      ...['--max-time', String(SECONDS), '--continue-on-failure', '--no-color'],
      ...['--seed', String(inject('seed'))],
    ]);
    expect(code, output).toBe(0);
    // It says that each operation was tested: an operation that it skips would be no failure.
    expect(output).toMatch(/Selected: (\d+)\/\1\n\s+Tested: \1\n/);
    expect(Number(/(\d+) generated/.exec(output)?.[1]), output).toBeGreaterThan(300);
  });
});

async function runSchemathesis(options: readonly string[]): Promise<{ code: number; output: string }> {
  const schema = join(PROJECT, 'docs/api.yaml');
  const child = spawn(
    pythonOf(SCHEMATHESIS),
    ['-m', 'schemathesis.cli', '--config-file', join(TOOL, 'schemathesis.toml'), 'run', schema, ...options],
    // It writes its database of examples to the working folder.
    { cwd: await createDataDir(), env: { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: TOOL } },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}
