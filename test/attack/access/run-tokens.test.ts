import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROUTES } from '#contract/routes.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { call, create, poll, pollUntil, type Server } from '#test/e2e/api-calls.ts';
import { attackServer } from '../attacked-server.ts';

/** A program that writes what it knows of the API to a file of its workbench. */
const PROGRAM = `
const fs = require('fs');
const { WB_ACTIVITY_URL: url, WB_ACTIVITY_TOKEN: token, WB_RUN_ID: runId, PORT } = process.env;
fs.writeFileSync('activity-' + runId, JSON.stringify({ url, token, runId }));
require('http').createServer((_, response) => response.end('ready')).listen(PORT, '127.0.0.1');
`;
const STATIC_KEY = 'a-static-key-of-the-attacked-server';

interface Known {
  readonly url: string;
  readonly token: string;
  readonly runId: string;
}

test.each([
  ['with a key', { RESTAPI_AUTH_STATIC_KEY: STATIC_KEY }],
  ['that is open', { RESTAPI_AUTH: 'none' }],
])(
  'at an API %s the token of a run reports the activity of this run, and gives no other access',
  async (_, auth) => {
    const isOpen = 'RESTAPI_AUTH' in auth;
    const script = Buffer.from(PROGRAM).toString('base64');
    const bootCommand = `exec '${process.execPath}' -e "eval(Buffer.from('${script}', 'base64').toString())"`;
    await attackServer({ ...auth, WB_BOOT_COMMAND: bootCommand }, async ({ api, dataDir }) => {
      const server: Server = { api, userId: 'ada', ...(isOpen ? {} : { key: STATIC_KEY }) };
      const wid = await create(server, 'mine');
      await pollUntil(server, wid, 'running');
      const first = await findKnown(dataDir, wid);
      const { url, token, runId } = first;
      expect(url).toBe(`${api}/workbenches/${wid}/activity`);

      const report = async (to: string, bearer: string): Promise<number> => {
        const response = await fetch(to, {
          method: 'POST',
          headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
          body: JSON.stringify({ last_activity: new Date().toISOString(), kinds: ['busy'] }),
        });
        await response.text();
        return response.status;
      };
      expect(await report(url, token)).toBe(204);

      const [prefix, , , mac = ''] = token.split('.');
      const other = await create(server, 'other');
      const forged = [
        [prefix, other, runId, mac],
        [prefix, wid, `${runId.slice(0, -1)}${runId.endsWith('0') ? '1' : '0'}`, mac],
        [prefix, wid, runId, `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`],
        [prefix, wid, runId, ''],
      ].map((parts) => parts.join('.'));
      for (const bearer of forged) expect(await report(url, bearer), bearer).toBe(403);
      expect(await report(`${api}/workbenches/${other}/activity`, token)).toBe(403);

      if (!isOpen) {
        for (const { method, path, access } of ROUTES) {
          if (access === 'public' || path.endsWith('/activity')) continue;
          const target = path
            .replace('{wid}', wid)
            .replace('{grantee}', 'user%3Amallory')
            .replace('{scope}', 'user%3Amallory')
            .replace(/\{\w+\}/, '0'.repeat(16));
          const response = await fetch(`${api}${target}?user_id=ada`, {
            method,
            headers: { authorization: `Bearer ${token}` },
          });
          await response.text();
          expect(response.status, `${method} ${path}`).toBe(403);
        }
        expect(await poll(server, wid)).toMatchObject({ status: 'running', workbench_name: 'mine' });
      }

      await call(server, 'POST', `/workbenches/${wid}/restart`);
      const next = await findKnown(dataDir, wid, runId);
      await pollUntil(server, wid, 'running');
      expect(await report(url, token)).toBe(403);
      expect(await report(url, next.token)).toBe(204);
    });
  },
);

/** Returns what the program of a run knows that is not this one. Waits for it. */
async function findKnown(dataDir: string, wid: string, otherThan?: string): Promise<Known> {
  return await eventually(waitRealStep, 'a program has written what it knows', async () => {
    const files = await readdir(dataDir, { recursive: true });
    const texts = await Promise.all(
      files
        .filter((name) => /activity-[0-9a-z]+$/.test(name))
        .map((name) => readFile(join(dataDir, name), 'utf8')),
    );
    const all = texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Known);
    return all.find(({ url, runId }) => url.includes(wid) && runId !== otherThan) ?? false;
  });
}
