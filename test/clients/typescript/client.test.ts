import { describe, expect, it, test } from 'vitest';
import {
  WorkbenchApiError,
  WorkbenchClient,
  WorkbenchConnectionError,
} from '#clients/typescript/src/index.ts';
import {
  errorResponse,
  ID,
  itemResponse,
  openClient,
  respond,
  type ScriptedResponse,
} from './recorded-api.ts';

const SUCCESS = respond(200, { success: true });
const BROKEN = Object.assign(new TypeError('fetch failed'), { cause: new Error('connect ECONNREFUSED') });

describe('the client', () => {
  it('sends the user, the body and a key of its own with a creation', async () => {
    const { client, requests } = openClient([itemResponse({})], { auth: 'the-key' });
    await client.create({ workbench_name: 'First' });
    await client.create({}, { idempotencyKey: 'mine' });
    expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', 'https://api.example.com/v1/workbenches?user_id=ada', '{"workbench_name":"First"}'],
      ['POST', 'https://api.example.com/v1/workbenches?user_id=ada', '{}'],
    ]);
    expect(requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(requests[1]?.headers).toMatchObject({
      'idempotency-key': 'mine',
      authorization: 'Bearer the-key',
    });
  });

  it('asks for the token of each request', async () => {
    let calls = 0;
    const { client, requests } = openClient([itemResponse({})], { auth: async () => `token-${++calls}` });
    await client.get(ID);
    await client.get(ID);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('sends neither a user nor a key if it has none', async () => {
    const requests: Request[] = [];
    const client = new WorkbenchClient({
      baseUrl: 'http://127.0.0.1:8999',
      fetch: async (request) => {
        requests.push(request);
        return itemResponse({})();
      },
    });
    await client.get(ID);
    expect(requests[0]?.url).toBe(`http://127.0.0.1:8999/workbenches/${ID}`);
    expect(requests[0]?.headers.has('authorization')).toBe(false);
  });

  it('encodes ids in paths', async () => {
    const { client, requests } = openClient([SUCCESS]);
    await client.stop('../a?b');
    expect(requests[0]?.url).toBe('https://api.example.com/v1/workbenches/..%2Fa%3Fb/stop?user_id=ada');
  });

  it.each([
    ['start', 'POST', '/start'],
    ['stop', 'POST', '/stop'],
    ['restart', 'POST', '/restart'],
    ['delete', 'DELETE', ''],
  ] as const)('sends %s', async (name, method, path) => {
    const { client, requests } = openClient([SUCCESS]);
    await client[name](ID);
    expect(requests.map((request) => [request.method, new URL(request.url).pathname])).toEqual([
      [method, `/v1/workbenches/${ID}${path}`],
    ]);
  });

  it('reads the usage of a month over all pages, as JSON', async () => {
    const item = { workbench_id: ID, workbench_name: 'First', user_id: 'ada', hours_running: 1, usd: 0.05 };
    const { client, requests } = openClient([
      respond(200, { success: true, items: [item], next_cursor: 'next' }),
      respond(200, { success: true, items: [{ ...item, usd: 2 }] }),
    ]);
    const usage: number[] = [];
    for await (const { usd } of client.usage({ month: '2030-01' })) usage.push(usd);
    expect(usage).toEqual([0.05, 2]);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      '?user_id=ada&format=json&month=2030-01',
      '?user_id=ada&format=json&month=2030-01&cursor=next',
    ]);
  });

  it('adds up the usage of all users over all pages', async () => {
    const page = (usd: number, day: string, user: string) => ({
      ...{ success: true, month: '2030-01', currency: 'USD', basis: 'prices' },
      items: [{ workbench_id: ID, workbench_name: 'First', user_id: user, hours_running: 1.1, usd }],
      users: [{ user_id: user, groups: ['a'], hours_running: 1.1, usd }],
      days: [{ day, hours_running: 1.1, usd }],
      total: { hours_running: 1.1, usd },
    });
    const { client, requests } = openClient([
      respond(200, { ...page(0.1, '2030-01-02', 'ada'), next_cursor: 'next' }),
      respond(200, { ...page(0.2, '2030-01-01', 'bob'), next_cursor: 'last' }),
      respond(200, page(0.2, '2030-01-02', 'bob')),
    ]);
    const report = await client.usageReport({ all: true });
    expect(report.users).toEqual([
      { user_id: 'ada', groups: ['a'], hours_running: 1.1, usd: 0.1 },
      { user_id: 'bob', groups: ['a'], hours_running: 2.2, usd: 0.4 },
    ]);
    expect(report.days).toEqual([
      { day: '2030-01-01', hours_running: 1.1, usd: 0.2 },
      { day: '2030-01-02', hours_running: 2.2, usd: 0.3 },
    ]);
    expect(report).toMatchObject({ month: '2030-01', total: { hours_running: 3.3, usd: 0.5 } });
    expect(report.items).toHaveLength(3);
    expect(new URL(requests[0]?.url ?? '').search).toBe('?user_id=ada&format=json&all=true');
  });

  it('reads all pages, and no page before it is needed', async () => {
    const page = (id: string, cursor?: string) =>
      respond(200, {
        success: true,
        items: [{ workbench_id: id }],
        ...(cursor === undefined ? {} : { next_cursor: cursor }),
      });
    const { client, requests } = openClient([page('a', 'c1'), page('b', 'c2'), page('c')]);
    const iterator = client.list({ pageSize: 1 });
    expect((await iterator.next()).value?.workbench_id).toBe('a');
    expect(requests).toHaveLength(1);
    const rest = [];
    for await (const { workbench_id: id } of iterator) rest.push(id);
    expect(rest).toEqual(['b', 'c']);
    expect(requests.map(({ url }) => new URL(url).searchParams.get('cursor'))).toEqual([null, 'c1', 'c2']);
  });

  it('refuses an address that is none of HTTP', () => {
    expect(() => new WorkbenchClient({ baseUrl: 'file:///etc' })).toThrow(TypeError);
    expect(() => new WorkbenchClient({ baseUrl: 'api.example.com' })).toThrow(TypeError);
  });
});

describe('an error', () => {
  it('has all that the API says', async () => {
    const { client } = openClient([
      respond(
        400,
        {
          success: false,
          error: { code: 'invalid_request', message: 'See cpu.', reason: 'r', fields: { cpu: 'a number' } },
        },
        { 'x-request-id': 'req-1' },
      ),
    ]);
    const error = await client.create({}).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WorkbenchApiError);
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_request',
      message: 'See cpu.',
      reason: 'r',
      fields: { cpu: 'a number' },
      requestId: 'req-1',
    });
  });

  it.each([
    [respond(401, { message: 'Unauthorized' }), 401, 'Unauthorized'],
    [() => new Response('<html>', { status: 404 }), 404, 'The API responded with status 404.'],
    [respond(403, { error: 7 }), 403, 'The API responded with status 403.'],
    [respond(403, null), 403, 'The API responded with status 403.'],
  ])('is readable without a body of the controller (%#)', async (response, status, message) => {
    const { client } = openClient([response]);
    const error = await client.get(ID).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'WorkbenchApiError', status, message, code: undefined });
  });

  it('names the server that does not respond, and never the key', async () => {
    const { client } = openClient([BROKEN], { auth: 'the-key' });
    const error = await client.get(ID).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WorkbenchConnectionError);
    expect(String(error)).toBe(
      'WorkbenchConnectionError: No response from https://api.example.com: connect ECONNREFUSED',
    );
    expect(JSON.stringify(error)).not.toContain('the-key');
  });
});

describe('a request that failed', () => {
  const UNAVAILABLE = errorResponse(503, 'unavailable');
  const calls = {
    get: (client: WorkbenchClient) => client.get(ID),
    create: (client: WorkbenchClient) => client.create({ workbench_name: 'First' }),
    update: (client: WorkbenchClient) => client.update(ID, { workbench_name: 'x' }),
    start: (client: WorkbenchClient) => client.start(ID),
    stop: (client: WorkbenchClient) => client.stop(ID),
    open: (client: WorkbenchClient) => client.open(ID),
    delete: (client: WorkbenchClient) => client.delete(ID),
  };

  test.each(Object.keys(calls) as (keyof typeof calls)[])(
    'is repeated with the same body and key: %s',
    async (name) => {
      const success = name === 'open' ? respond(200, { success: true, url: 'https://x' }) : itemResponse({});
      const { client, requests } = openClient([
        BROKEN,
        UNAVAILABLE,
        errorResponse(429, 'too_many_requests'),
        success,
      ]);
      await calls[name](client);
      expect(requests).toHaveLength(4);
      expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
    },
  );

  it.each<[string, ScriptedResponse]>([
    ['a broken connection', BROKEN],
    ['a 503', UNAVAILABLE],
  ])('is not repeated after %s if it is a restart', async (_, scripted) => {
    const { client, requests } = openClient([scripted, SUCCESS]);
    await expect(client.restart(ID)).rejects.toThrow();
    expect(requests).toHaveLength(1);
  });

  it('is repeated after a 429 even if it is a restart', async () => {
    const { client, requests } = openClient([errorResponse(429, 'too_many_requests'), SUCCESS]);
    await client.restart(ID);
    expect(requests).toHaveLength(2);
  });

  it('is repeated after growing waits with jitter, at most three times', async () => {
    const { client, requests, waits } = openClient([UNAVAILABLE]);
    await expect(client.get(ID)).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(4);
    expect(waits).toHaveLength(3);
    for (const [index, ceiling] of [500, 1000, 2000].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(ceiling / 2);
      expect(waits[index]).toBeLessThanOrEqual(ceiling);
    }
  });

  it('is repeated after Retry-After, unless that is longer than a caller wants to wait', async () => {
    const limited = (seconds: string) => errorResponse(429, 'too_many_requests', { 'retry-after': seconds });
    const soon = openClient([limited('7'), itemResponse({})]);
    await soon.client.get(ID);
    expect(soon.waits).toEqual([7000]);
    const late = openClient([limited('31')]);
    await expect(late.client.get(ID)).rejects.toMatchObject({ retryAfterSeconds: 31 });
    expect(late.waits).toEqual([]);
  });

  it.each([400, 401, 403, 404, 409, 422, 500])('is not repeated after a %i', async (status) => {
    const { client, requests } = openClient([errorResponse(status, 'x')]);
    await expect(client.get(ID)).rejects.toMatchObject({ status });
    expect(requests).toHaveLength(1);
  });

  it('ends with the reason of an aborted signal', async () => {
    const controller = new AbortController();
    const { client, requests } = openClient([
      () => {
        controller.abort(new Error('enough'));
        return UNAVAILABLE();
      },
    ]);
    await expect(client.get(ID, { signal: controller.signal })).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});

test('a refusal because of a quota has its figures', async () => {
  const figures = { limit: 2, used: 2, requested: 1 };
  const quota = { ...figures, scope: 'installation', unit: 'workbenches', resets_at: null };
  const error = { code: 'quota_exceeded', message: 'The limit is 2.', reason: 'running', quota };
  const { client } = openClient([respond(403, { success: false, error })]);
  await expect(client.create()).rejects.toMatchObject({ code: 'quota_exceeded', quota });
  const broken = openClient([respond(403, { success: false, error: { ...error, quota: { limit: '2' } } })]);
  await expect(broken.client.create()).rejects.toMatchObject({ quota: undefined });
});

test('the client returns limits and use of the user', async () => {
  const item = { user_id: 'ada', limits: { running: 2 }, used: { running: 1 } };
  const { client, requests } = openClient([respond(200, { success: true, item })]);
  expect(await client.quota()).toEqual(item);
  expect(requests[0]?.url).toBe('https://api.example.com/v1/quotas?user_id=ada');
});

test('a preview of a creation is a dry run, and a creation is none', async () => {
  const item = { quota: { left: { running: 1 } }, estimate: { per_hour_running: 0.1, currency: 'USD' } };
  const { client, requests } = openClient([
    respond(200, { success: true, item }),
    respond(200, { success: true, item }),
  ]);
  expect(await client.previewCreate({ requested_cpu: 512 })).toEqual(item);
  expect(requests[0]?.url).toBe('https://api.example.com/v1/workbenches?user_id=ada&dry_run=true');
  await expect(client.create()).rejects.toThrow('dry run');
});
