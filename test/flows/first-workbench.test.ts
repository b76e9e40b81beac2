import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, openServer, waitForStatus, waitUntilGone } from './open-server.ts';

test('a workbench is created, opened, edited, stopped, started again with its files, and deleted with them', async () => {
  const server = await openServer();
  const created = await call(server, 'POST', '/workbenches', {
    body: { workbench_name: 'AutoCyber', requested_memory: 2048, requested_cpu: 1024 },
  });
  expect(created.status).toBe(201);
  const { item } = created.body;
  expect(item).toMatchObject({
    user_id: 'me',
    workbench_name: 'AutoCyber',
    desired_status: 'running',
    requested_memory: 2048,
    requested_cpu: 1024,
  });
  expect(created.headers.get('location')).toBe(`/workbenches/${item.workbench_id}?user_id=me`);

  const running = await waitForStatus(server, item.workbench_id, 'running');
  expect(running.public_endpoint).toBe(`${server.baseUrl}/project/${item.workbench_id}`);
  const page = await fetch(running.public_endpoint);
  expect(page.status).toBe(200);
  expect(page.url).toBe(`${running.public_endpoint}/`);
  expect(await page.text()).toContain('<html');

  const file = `${running.public_endpoint}/api/file?path=notes.txt`;
  const saved = await fetch(file, {
    method: 'PUT',
    body: 'remember me',
    headers: { 'Content-Type': 'application/octet-stream', 'If-None-Match': '*' },
  });
  expect(saved.status).toBe(201);

  expect((await call(server, 'POST', `/workbenches/${item.workbench_id}/stop`)).body).toEqual({
    success: true,
  });
  await waitForStatus(server, item.workbench_id, 'stopped');
  const whileStopped = await fetch(`${running.public_endpoint}/`);
  expect([whileStopped.status, await whileStopped.json()]).toMatchObject([503, { status: 'stopped' }]);

  expect((await call(server, 'POST', `/workbenches/${item.workbench_id}/start`)).body).toEqual({
    success: true,
  });
  await waitForStatus(server, item.workbench_id, 'running');
  await expect.poll(async () => (await fetch(file)).text()).toBe('remember me');

  expect((await call(server, 'DELETE', `/workbenches/${item.workbench_id}`)).body).toEqual({ success: true });
  await waitUntilGone(server, item.workbench_id);
  expect((await call(server, 'GET', '/workbenches')).body).toEqual({ success: true, items: [] });
  for (const kind of ['volumes', 'private', 'logs']) {
    expect(existsSync(join(server.dataDir, kind, item.workbench_id))).toBe(false);
  }
  expect((await readdir(join(server.dataDir, 'volumes'))).filter((name) => !name.startsWith('.'))).toEqual(
    [],
  );
  expect((await fetch(`${running.public_endpoint}/`)).status).toBe(404);
  expect(server.telemetry.lines.filter(({ level }) => level !== 'info')).toEqual([]);
});
