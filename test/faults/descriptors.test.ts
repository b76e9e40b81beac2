import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { create, deleteWorkbench, poll, pollUntil, request } from '#test/e2e/api-calls.ts';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { LINUX, skipUnlessMet } from './needs.ts';

const DESCRIPTORS = 64;
const CONNECTIONS = 200;
const WITH_FEW_DESCRIPTORS = ['sh', '-c', `ulimit -n ${DESCRIPTORS} && exec "$@"`, 'sh', ...SERVER_ALONE];

/** Opens connections that send nothing. Those that the server refuses are closed by it. */
async function openConnections(port: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  return sockets;
}

test(`with ${DESCRIPTORS} descriptors a flood of connections ends nothing, and all is well after it`, async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX);
  const dataDir = await createDataDir();
  const settings = { WB_BOOT_COMMAND: TINY_SERVER };
  const server = await LocalServer.start(dataDir, settings, WITH_FEW_DESCRIPTORS);
  const id = await create(server, 'before');
  const { public_endpoint } = await pollUntil(server, id, 'running');

  const flood = [
    ...(await openConnections(Number(new URL(server.api).port))),
    ...(await openConnections(Number(new URL(public_endpoint).port))),
  ];
  await eventually(waitRealStep, 'the server refuses connections', () =>
    /too many connections/.test(server.output),
  );
  await eventually(
    waitRealStep,
    'most of them are closed',
    () => flood.filter(({ destroyed }) => destroyed).length > CONNECTIONS,
  );
  for (const socket of flood) socket.destroy();

  await eventually(waitRealStep, 'the API responds', async () =>
    fetch(`${server.api}/health`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  expect((await poll(server, id)).status).toBe('running');
  expect((await fetch(public_endpoint)).status).toBe(200);
  const second = await create(server, 'after');
  await pollUntil(server, second, 'running');
  for (const one of [id, second]) {
    await request(server, 'stop', one);
    await pollUntil(server, one, 'stopped');
    await deleteWorkbench(server, one);
  }
  expect(server.output).not.toMatch(/^\S+ ERROR /m);
});
