import { expect, test } from 'vitest';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { call, create, openServer, TINY_SERVER, until, waitForStatus, waitUntilGone } from './open-server.ts';

test('a poll is one GetItem and no other call', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server);
  await waitForStatus(server, workbench_id, 'running');
  const calls: unknown[] = [];
  server.client.middlewareStack.add(
    (next, context) => async (args) => {
      calls.push(context.commandName);
      return next(args);
    },
    { step: 'initialize' },
  );
  // What the life cycle still has to do of itself is over when a while passes without a call of its own.
  await until(async () => {
    calls.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return calls.length === 0;
  }, 'nothing is called any more');
  for (let polls = 1; polls <= 3; polls += 1) {
    expect((await call(server, 'GET', `/workbenches/${workbench_id}`)).status).toBe(200);
    expect(calls).toEqual(Array(polls).fill('GetItemCommand'));
  }
});

test('twins with one Idempotency-Key make one workbench, whatever the order of their answers', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const headers = { 'Idempotency-Key': 'k-1' };
  const body = { workbench_name: 'one' };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call(server, 'POST', '/workbenches', { body, headers })),
  );
  expect(answers.map(({ status }) => status).filter((status) => status === 201).length).toBeLessThanOrEqual(
    1,
  );
  expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
  const ids = new Set(answers.map((answer) => answer.body.item.workbench_id));
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

test('start of a running one and stop of a stopped one change nothing, and restart runs it anew', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server);
  // The time of the last write moves also when the history is written down, which may still be under way.
  const seen = ({ updated_at: _, ...item }: WorkbenchItem) => item;
  const look = async () => seen((await call(server, 'GET', `/workbenches/${workbench_id}`)).body.item);
  const running = await waitForStatus(server, workbench_id, 'running');
  await call(server, 'POST', `/workbenches/${workbench_id}/start`);
  expect(await look()).toEqual(seen(running));
  await call(server, 'POST', `/workbenches/${workbench_id}/restart`);
  const again = await until(async () => {
    const { item } = (await call(server, 'GET', `/workbenches/${workbench_id}`)).body;
    return item.status === 'running' && item.started_at !== running.started_at && item;
  }, 'it has been restarted');
  expect(Date.parse(again.ready_at ?? '')).toBeGreaterThan(Date.parse(running.ready_at ?? ''));
  await call(server, 'POST', `/workbenches/${workbench_id}/stop`);
  const stopped = await waitForStatus(server, workbench_id, 'stopped');
  await call(server, 'POST', `/workbenches/${workbench_id}/stop`);
  expect(await look()).toEqual(seen(stopped));
  const { body } = await call(server, 'GET', `/workbenches/${workbench_id}/history`);
  expect(body.items.length).toBeGreaterThan(5);
});

test('a program that ends by itself stops its workbench, which says why', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: 'exit 7' });
  const { workbench_id } = await create(server);
  const stopped = await waitForStatus(server, workbench_id, 'stopped');
  expect(stopped.status_reason).toEqual({ code: 'exited', message: expect.stringContaining('7') });
});

test('a dedicated machine starts before its workbench, stops after it and goes with it', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER });
  const { workbench_id } = await create(server, { allocated_instance_type: 'm6i.large' });
  const running = await waitForStatus(server, workbench_id, 'running');
  expect(running).toMatchObject({
    allocated_instance_type: 'm6i.large',
    allocated_instance_id: expect.stringMatching(/^sim-/),
  });
  await call(server, 'DELETE', `/workbenches/${workbench_id}`);
  await waitUntilGone(server, workbench_id);
});

test('what nothing can hold is refused, and says what would fit', async () => {
  const server = await openServer();
  const refused = await call(server, 'POST', '/workbenches', {
    body: { allocated_instance_type: 'z9.huge' },
  });
  expect([refused.status, refused.body.error]).toEqual([
    422,
    { code: 'cannot_fit', message: expect.stringContaining('t3.medium, m6i.large, m6i.xlarge') },
  ]);
});

test('with a key every route but the health asks for it', async () => {
  const key = 'a-key-of-sixteen-characters';
  const server = await openServer({ RESTAPI_AUTH_STATIC_KEY: key, RESTAPI_URL_PREFIX: '/api' });
  expect(server.api).toEqual({ url: expect.stringMatching(/\/api$/), authorized: true });
  const ask = (path: string, authorization?: string) =>
    call(
      server,
      'GET',
      path,
      authorization === undefined ? {} : { headers: { Authorization: authorization } },
    );
  expect((await ask('/health')).status).toBe(200);
  expect(await ask('/workbenches')).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
  expect(await ask('/workbenches', `Bearer ${key}x`)).toMatchObject({
    status: 403,
    body: { message: 'Forbidden' },
  });
  expect((await ask('/workbenches', `bearer ${key}`)).status).toBe(200);
  const twice = await ask('/workbenches?user_id=a&user_id=b', `Bearer ${key}`);
  expect([twice.status, twice.body.error.code]).toEqual([400, 'invalid_request']);
});

test('exposed, it answers under the names it was told, with a key, and under no other', async () => {
  const key = 'a-key-of-sixteen-characters';
  const server = await openServer({
    WB_BOOT_COMMAND: TINY_SERVER,
    WB_LOCAL_EXPOSE: 'all-interfaces',
    WB_LOCAL_HOSTNAMES: 'wb.example,10.0.0.7',
    RESTAPI_AUTH_STATIC_KEY: key,
  });
  expect(server.api.url).toMatch(/^http:\/\/wb\.example:\d+$/);
  expect(server.baseUrl).toMatch(/^http:\/\/wb\.example:\d+$/);
  for (const [url, own] of [
    [server.api.url, '/health'],
    [server.baseUrl, '/'],
  ] as const) {
    const port = Number(new URL(url).port);
    const statusFor = async (host: string) =>
      (await sendRaw(port, rawRequest(`GET ${own}`, [`Host: ${host}`]))).status;
    expect(await statusFor(new URL(url).host)).toBe(200);
    expect(await statusFor(`10.0.0.7:${port}`)).toBe(200);
    expect(await statusFor('evil.example')).toBe(403);
  }
});

test('behind a proxy of its own it gives the address that BASE_URL says, and answers to its host', async () => {
  const server = await openServer({ WB_BOOT_COMMAND: TINY_SERVER, BASE_URL: 'https://lab.example/wb' });
  const { workbench_id } = await create(server);
  const { public_endpoint } = await waitForStatus(server, workbench_id, 'running');
  expect(public_endpoint).toBe(`https://lab.example/wb/project/${workbench_id}`);
  const request = rawRequest(`GET /project/${workbench_id}/a`, ['Host: lab.example']);
  const { status, body } = await sendRaw(server.workbenchPort, request);
  expect([status, body]).toEqual([200, expect.stringContaining('/a')]);
});

test('an address that is not the API, and one that is not a workbench, are answered as such', async () => {
  const server = await openServer();
  expect((await call(server, 'GET', '/nothing')).body).toEqual({ message: 'Not Found' });
  const unknown = await call(server, 'GET', '/workbenches/01hzzzzzzz0123456789abcdef');
  expect([unknown.status, unknown.body.error.code]).toEqual([404, 'workbench_not_found']);
});
