import { expect, test } from 'vitest';
import { create, openServer, waitForStatus } from './open-server.ts';

/** Serves its pages below WB_PREFIX only, and redirects there, as Jupyter and Streamlit do with a base path. */
const PROGRAM = `
const { PORT, WB_PREFIX } = process.env;
require('node:http').createServer((request, response) => {
  if (request.url === WB_PREFIX + '/') response.writeHead(302, { location: WB_PREFIX + '/lab' }).end();
  else if (request.url.startsWith(WB_PREFIX + '/')) response.end('at ' + request.url);
  else response.writeHead(404).end();
}).listen(Number(PORT), '127.0.0.1');
`;

test.each([
  ['', ''],
  ['behind a proxy with a path ', '/team/a'],
])('%sa program that expects the path of its workbench is reached below it', async (_, path) => {
  const server = await openServer({
    WB_BOOT_COMMAND: `exec '${process.execPath}' -e '${PROGRAM.replaceAll("'", '"')}'`,
    WB_KEEP_PREFIX: 'always',
    ...(path === '' ? {} : { BASE_URL: `http://127.0.0.1:1${path}` }),
  });
  const { workbench_id: id } = await create(server);
  await waitForStatus(server, id, 'running');
  const url = `http://127.0.0.1:${server.workbenchPort}/project/${id}`;
  const redirect = await fetch(`${url}/`, { redirect: 'manual' });
  expect([redirect.status, redirect.headers.get('location')]).toEqual([302, `${path}/project/${id}/lab`]);
  expect(await (await fetch(`${url}/lab?x=1`)).text()).toBe(`at ${path}/project/${id}/lab?x=1`);
});
