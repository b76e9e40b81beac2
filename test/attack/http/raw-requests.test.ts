import { expect, test } from 'vitest';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { type AttackedServer, attackServer, mapInParallel } from '../attacked-server.ts';
import { exchange } from '../exchange.ts';
import { openWorkbench } from '../proxy/hostile-workbench.ts';
import { apiRequests, type RawRequestCase, workbenchRequests } from './raw-requests.ts';

test('the API responds to every request, however broken, and sees no hidden one', async () => {
  const requests = apiRequests();
  expect(requests.length).toBeGreaterThanOrEqual(143);
  const settings = { WB_BOOT_COMMAND: 'exec sleep 1000', WB_LOCAL_MAX_RUNNING: '1' };
  await attackServer(settings, async ({ apiPort }) => expectStatuses(apiPort, requests));
});

test('the origin of the workbenches responds to every request, however broken, and sees no hidden one', async () => {
  const attack = async (server: AttackedServer) => {
    const workbench = await openWorkbench(server);
    const requests = workbenchRequests(workbench.pathname);
    expect(requests.length).toBeGreaterThanOrEqual(105);
    await expectStatuses(Number(workbench.port), requests);
  };
  await attackServer({ WB_BOOT_COMMAND: TINY_SERVER }, attack);
});

async function expectStatuses(port: number, requests: readonly RawRequestCase[]): Promise<void> {
  const results = await mapInParallel(requests, 4, async ({ name, bytes }) => {
    const { head, body, ending } = await exchange(port, Buffer.from(bytes, 'latin1'));
    if (ending !== 'closed') return [name, ending];
    const statuses = `${head}\r\n\r\n${body}`.matchAll(/HTTP\/1\.1 (\d{3}) /g);
    return [name, [...statuses].map(([, status]) => status).join(' ') || 'none'];
  });
  expect(Object.fromEntries(results)).toEqual(
    Object.fromEntries(requests.map(({ name, statuses }) => [name, statuses])),
  );
}
