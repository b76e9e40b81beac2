import { expect, test } from 'vitest';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { call, create, openServer, TINY_SERVER, until, waitForStatus, waitUntilGone } from './open-server.ts';

test('concurrent creates with one Idempotency-Key create one workbench', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const headers = { 'Idempotency-Key': 'k-1' };
  const body = { workbench_name: 'one' };
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => call(server, 'POST', '/workbenches', { body, headers })),
  );
  expect(responses.map(({ status }) => status).filter((status) => status === 201).length).toBeLessThanOrEqual(
    1,
  );
  expect(responses.every(({ status }) => status === 200 || status === 201)).toBe(true);
  const ids = new Set(responses.map(({ body: created }) => created.item.workbench_id));
  expect(ids.size).toBe(1);
  expect((await call(server, 'GET', '/workbenches')).body.items.length).toBe(1);

  const other = await call(server, 'POST', '/workbenches', { body: { workbench_name: 'two' }, headers });
  expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_conflict']);

  const [id = ''] = ids;
  await call(server, 'DELETE', `/workbenches/${id}`);
  await waitUntilGone(server, id);
  const late = await call(server, 'POST', '/workbenches', { body, headers });
  expect([late.status, late.body.error.code]).toEqual([409, 'workbench_deleted']);
});

test('start of a running workbench and stop of a stopped one change nothing, and restart begins a new run', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server);
  // updated_at also changes when the history is written, which may not have finished.
  const withoutUpdatedAt = ({ updated_at: _, ...item }: WorkbenchItem) => item;
  const readItem = async () =>
    withoutUpdatedAt((await call(server, 'GET', `/workbenches/${workbench_id}`)).body.item);
  const running = await waitForStatus(server, workbench_id, 'running');
  await call(server, 'POST', `/workbenches/${workbench_id}/start`);
  expect(await readItem()).toEqual(withoutUpdatedAt(running));
  await call(server, 'POST', `/workbenches/${workbench_id}/restart`);
  const again = await until(async () => {
    const { item } = (await call(server, 'GET', `/workbenches/${workbench_id}`)).body;
    return item.status === 'running' && item.started_at !== running.started_at && item;
  }, 'it has been restarted');
  expect(Date.parse(again.ready_at ?? '')).toBeGreaterThan(Date.parse(running.ready_at ?? ''));
  await call(server, 'POST', `/workbenches/${workbench_id}/stop`);
  const stopped = await waitForStatus(server, workbench_id, 'stopped');
  await call(server, 'POST', `/workbenches/${workbench_id}/stop`);
  expect(await readItem()).toEqual(withoutUpdatedAt(stopped));
  const { body } = await call(server, 'GET', `/workbenches/${workbench_id}/history`);
  expect(body.items.length).toBeGreaterThan(5);
});

test('a program that exits stops its workbench, which reports the reason', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: 'exit 7' });
  const { workbench_id } = await create(server);
  const stopped = await waitForStatus(server, workbench_id, 'stopped');
  expect(stopped.status_reason).toEqual({ code: 'exited', message: expect.stringContaining('7') });
});

test('an unknown instance type is refused with the list of known types', async () => {
  const server = await openServer();
  const refused = await call(server, 'POST', '/workbenches', {
    body: { allocated_instance_type: 'z9.huge' },
  });
  expect([refused.status, refused.body.error]).toEqual([
    422,
    { code: 'cannot_fit', message: expect.stringContaining('t3.medium, m6i.large, m6i.xlarge') },
  ]);
});

test('with a key all routes except the health check require it', async () => {
  const key = 'a-key-of-sixteen-characters';
  const server = await openServer({ RESTAPI_AUTH_STATIC_KEY: key, RESTAPI_URL_PREFIX: '/api' });
  expect(server.api).toEqual({ url: expect.stringMatching(/\/api$/), authorized: true });
  const get = (path: string, authorization?: string) =>
    call(
      server,
      'GET',
      path,
      authorization === undefined ? {} : { headers: { Authorization: authorization } },
    );
  expect((await get('/health')).status).toBe(200);
  expect(await get('/workbenches')).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
  expect(await get('/workbenches', `Bearer ${key}x`)).toMatchObject({
    status: 403,
    body: { message: 'Forbidden' },
  });
  expect((await get('/workbenches', `bearer ${key}`)).status).toBe(200);
  const twice = await get('/workbenches?user_id=a&user_id=b', `Bearer ${key}`);
  expect([twice.status, twice.body.error.code]).toEqual([400, 'invalid_request']);
});

test('when exposed, the server responds under the configured host names only', async () => {
  const key = 'a-key-of-sixteen-characters';
  const server = await openServer({
    WB_BOOT_COMMAND: TINY_SERVER,
    WB_LOCAL_EXPOSE: 'all-interfaces',
    WB_LOCAL_HOSTNAMES: 'wb.example,10.0.0.7',
    RESTAPI_AUTH_STATIC_KEY: key,
  });
  expect(server.api.url).toMatch(/^http:\/\/wb\.example:\d+$/);
  expect(server.baseUrl).toMatch(/^http:\/\/wb\.example:\d+$/);
  for (const [url, path] of [
    [server.api.url, '/health'],
    [server.baseUrl, '/'],
  ] as const) {
    const port = Number(new URL(url).port);
    const statusFor = async (host: string) =>
      (await sendRaw(port, rawRequest(`GET ${path}`, [`Host: ${host}`]))).status;
    expect(await statusFor(new URL(url).host)).toBe(200);
    expect(await statusFor(`10.0.0.7:${port}`)).toBe(200);
    expect(await statusFor('evil.example')).toBe(403);
  }
});

test('with BASE_URL the server reports this URL and responds to its host name', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER, BASE_URL: 'https://lab.example/wb' });
  const { workbench_id } = await create(server);
  const { public_endpoint } = await waitForStatus(server, workbench_id, 'running');
  expect(public_endpoint).toBe(`https://lab.example/wb/project/${workbench_id}`);
  const request = rawRequest(`GET /project/${workbench_id}/a`, ['Host: lab.example']);
  const { status, body } = await sendRaw(server.workbenchPort, request);
  expect([status, body]).toEqual([200, expect.stringContaining('/a')]);
});

test('an unknown path and an unknown workbench are reported with 404', async () => {
  const server = await openServer();
  expect((await call(server, 'GET', '/nothing')).body).toEqual({ message: 'Not Found' });
  const unknown = await call(server, 'GET', '/workbenches/01hzzzzzzz0123456789abcdef');
  expect([unknown.status, unknown.body.error.code]).toEqual([404, 'workbench_not_found']);
});
