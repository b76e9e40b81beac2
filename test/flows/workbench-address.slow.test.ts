import { expect, test } from 'vitest';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
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

test('pages at BASE_URL can change a workbench with any Host header of the proxy in front', async () => {
  const server = await openServer({ BASE_URL: 'https://wb.example.org' });
  const { workbench_id: id } = await create(server);
  await waitForStatus(server, id, 'running');
  const save = async (host: string, origin: string) => {
    const headers = [`Host: ${host}`, `Origin: ${origin}`, 'If-None-Match: *', 'Content-Length: 2'];
    const type = 'Content-Type: application/octet-stream';
    const name = `${host}${origin}`.replaceAll(/\W/g, '');
    const line = `PUT /project/${id}/api/file?path=${name}`;
    return (await sendRaw(server.workbenchPort, rawRequest(line, [...headers, type], 'hi'))).status;
  };
  for (const host of ['127.0.0.1:9001', 'wb.example.org', 'wb.example.org:443']) {
    expect(await save(host, 'https://wb.example.org'), host).toBe(201);
    expect(await save(host, 'https://evil.example.org'), host).toBe(403);
  }
});

test('on hosts of their own, workbenches are not reached by pages of the shared host', async () => {
  const server = await openServer({ BASE_URL: 'https://wb.example.org', WB_WORKBENCH_ADDRESS: 'host' });
  const host = '01kjmma2g00000000000000001.wb.example.org';
  const post = async (origin: string) =>
    (await sendRaw(server.workbenchPort, rawRequest('POST /', [`Host: ${host}`, `Origin: ${origin}`])))
      .status;
  expect(await post('https://wb.example.org')).toBe(403);
  // Its own page passes, and the workbench does not exist.
  expect(await post(`https://${host}`)).toBe(404);
});
