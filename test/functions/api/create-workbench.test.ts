import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { PortError } from '#core/ports/port-error.ts';
import { bodyHash, buildCreateWorkbench } from '#functions/api/create-workbench.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const query = 'user_id=xyz';
const JSON_TYPE = { 'content-type': 'application/json' };

function setUp(env: Readonly<Record<string, string>> = {}) {
  const { world, ports } = worldWithIds();
  return { world, ports, create: buildCreateWorkbench(ports, settingsWith(env)) };
}

describe('POST /workbenches', () => {
  it('creates a workbench and returns the whole item', async () => {
    const { create } = setUp();
    const body = { workbench_name: 'AutoCyber', requested_memory: 4096, requested_cpu: 2048 };
    const response = await call(create, { query, body });
    expect(response.status).toBe(201);
    expect(itemResponseSchema.parse(response.body)).toEqual(response.body);
    const { item } = response.body;
    expect(item).toEqual({
      user_id: 'xyz',
      workbench_id: expect.stringMatching(/^[0-9a-z]{26}$/),
      workbench_name: 'AutoCyber',
      status: 'starting',
      status_detail: 'volume',
      desired_status: 'running',
      public_endpoint: `https://wb.example.com/project/${item.workbench_id}`,
      requested_cpu: 2048,
      requested_memory: 4096,
      requested_gpu: 0,
      on_interruption: 'stop',
      created_at: '2030-01-01T00:00:00.000Z',
      started_at: '2030-01-01T00:00:00.000Z',
      updated_at: '2030-01-01T00:00:00.000Z',
    });
  });

  it('stores what follows an interruption', async () => {
    const { create } = setUp();
    const { body } = await call(create, { query: 'user_id=xyz', body: { on_interruption: 'restart' } });
    expect(body.item).toMatchObject({ on_interruption: 'restart' });
  });

  it('stores labels, and has none for an empty object', async () => {
    const { create } = setUp();
    const labels = { team: 'Forschung & Lehre', 'cost/center': '', constructor: 'x' };
    const { body } = await call(create, { query, body: { labels } });
    expect(body.item.labels).toEqual(labels);
    expect((await call(create, { query, body: { labels: {} } })).body.item).not.toHaveProperty('labels');
  });

  it('stores as many labels as a record has space for', async () => {
    const { create } = setUp();
    const labels = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`key-${n}`, 'é'.repeat(10)]));
    expect((await call(create, { query, body: { labels } })).status).toBe(201);
  });

  it.each<[string, unknown]>([
    ['11 labels', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, '']))],
    ['257 bytes', { a: 'x'.repeat(64), b: 'x'.repeat(64), c: 'x'.repeat(64), dd: '😀'.repeat(15) }],
    ['a key of 33 characters', { ['k'.repeat(33)]: 'v' }],
    ['an empty key', { '': 'v' }],
    ['a key with a colon', { 'a:b': 'v' }],
    ['a key that begins with _', { _a: 'v' }],
    ['a value of 65 characters', { a: 'v'.repeat(65) }],
    ['a value with a comma', { a: 'b,c' }],
    ['a value with a control character', { a: 'b\u001b[2J' }],
    ['a value that is no text', { a: 1 }],
    ['half a surrogate pair', { a: '\ud800' }],
    ['a list', ['a']],
    ['null', null],
  ])('is 400 for labels with %s', async (_, labels) => {
    const { create } = setUp();
    const response = await call(create, { query, body: JSON.stringify({ labels }), headers: JSON_TYPE });
    expect(response.status).toBe(400);
    expect(Object.keys(response.body.error.fields)[0]).toMatch(/^labels(\.|$)/);
  });

  it('returns Location and Retry-After', async () => {
    const { create } = setUp({ RESTAPI_URL_PREFIX: '/api/v1' });
    const { headers, body } = await call(create, { query: 'user_id=a%26b+c' });
    expect(headers.location).toBe(`/api/v1/workbenches/${body.item.workbench_id}?user_id=a%26b%20c`);
    expect(headers['retry-after']).toBe('2');
  });

  it('uses the defaults of the settings for fields that are left out, and accepts a request without a body', async () => {
    const { create } = setUp({ WB_DEFAULT_RAM: '1024', WB_DEFAULT_CPU: '512' });
    for (const request of [{ query }, { query, body: {} }]) {
      const { item } = (await call(create, request)).body;
      expect(item).toMatchObject({ requested_memory: 1024, requested_cpu: 512, requested_gpu: 0 });
      expect(item.workbench_name).toBe(`wb-${item.workbench_id}`);
    }
  });

  it('creates a workbench with a dedicated instance', async () => {
    const { create } = setUp();
    const { item } = (await call(create, { query, body: { allocated_instance_type: 'm7i.large' } })).body;
    expect(item.allocated_instance_type).toBe('m7i.large');
    expect(item).not.toHaveProperty('allocated_instance_id');
  });

  it('writes the record and enqueues its key', async () => {
    const { world, create } = setUp();
    const { item } = (await call(create, { query })).body;
    expect(world.queue.takeDue()).toEqual({ userId: 'xyz', workbenchId: item.workbench_id });
    const record = await world.read({ userId: 'xyz', workbenchId: item.workbench_id });
    expect(record.outbox).toMatchObject([{ type: 'created', by: 'static key' }]);
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ workbench_name: '' }, ['workbench_name']],
    [{ workbench_name: 'x'.repeat(129) }, ['workbench_name']],
    [{ workbench_name: 'a\u0000b' }, ['workbench_name']],
    [{ workbench_name: '\ud800' }, ['workbench_name']],
    [{ workbench_name: '  \u3000' }, ['workbench_name']],
    [{ workbench_name: '\u200b\u2060\ufeff\u{e0020}' }, ['workbench_name']],
    [{ workbench_name: '\u3164\u2800\u00ad\ufe0f' }, ['workbench_name']],
    [{ workbench_name: 7 }, ['workbench_name']],
    [{ workbench_name: null }, ['workbench_name']],
    [{ requested_memory: 255 }, ['requested_memory']],
    [{ requested_memory: 1e9 }, ['requested_memory']],
    [{ requested_memory: 2048.5 }, ['requested_memory']],
    [{ requested_memory: '2048' }, ['requested_memory']],
    [{ requested_cpu: 0 }, ['requested_cpu']],
    [{ requested_cpu: -1 }, ['requested_cpu']],
    [{ requested_cpu: true }, ['requested_cpu']],
    [{ requested_gpu: -1 }, ['requested_gpu']],
    [{ requested_gpu: [] }, ['requested_gpu']],
    [{ on_interruption: 'wait' }, ['on_interruption']],
    [{ on_interruption: 'unknown' }, ['on_interruption']],
    [{ allocated_instance_type: 'M7I; rm -rf' }, ['allocated_instance_type']],
    [{ colour: 'red' }, ['colour']],
    [
      {
        workbench_name: 1,
        requested_memory: 'x',
        requested_cpu: 'x',
        requested_gpu: 'x',
        size: 1,
        user_id: 'bob',
      },
      ['requested_cpu', 'requested_gpu', 'requested_memory', 'size', 'user_id', 'workbench_name'],
    ],
  ])('refuses %j and names every invalid field', async (body, fields) => {
    const { create, world } = setUp();
    const response = await call(create, { query, body });
    expect(response).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
    expect(Object.keys(response.body.error.fields).sort()).toEqual(fields);
    expect(world.stores.workbenches.listAll()).toEqual([]);
  });

  it('names invalid fields of query, header and body together', async () => {
    const { create } = setUp();
    const response = await call(create, {
      headers: { 'idempotency-key': 'a b' },
      body: { requested_cpu: 'x' },
    });
    expect(Object.keys(response.body.error.fields).sort()).toEqual([
      'Idempotency-Key',
      'requested_cpu',
      'user_id',
    ]);
  });

  it.each([
    ['__proto__', '{"__proto__":1}'],
    ['body', '{'],
    ['body', '[]'],
  ])('names %s of an invalid body together with other invalid fields', async (field, body) => {
    const { create } = setUp();
    const headers = { 'content-type': 'application/json' };
    const response = await call(create, { query: 'user_id=a&user_id=b', headers, body });
    expect(response.status).toBe(400);
    expect(Object.keys(response.body.error.fields)).toEqual(['user_id', field]);
  });

  it("refuses another user's token before it parses the body", async () => {
    const { create } = setUp();
    expect((await call(create, { query, authorizer: tokenOf('ada'), body: { colour: 1 } })).status).toBe(403);
  });

  it('limits a name in characters, not in bytes', async () => {
    const { create } = setUp();
    expect((await call(create, { query, body: { workbench_name: '😀'.repeat(128) } })).status).toBe(201);
    expect((await call(create, { query, body: { workbench_name: '😀'.repeat(129) } })).status).toBe(400);
    for (const name of ['.', '👩\u200d🔬', ' a ', '\u0301', '名'])
      expect((await call(create, { query, body: { workbench_name: name } })).status, name).toBe(201);
  });

  it('uses the bounds of the settings', async () => {
    const { create } = setUp({ WB_MIN_RAM: '1024', WB_MAX_RAM: '2048' });
    for (const [requested_memory, status] of [
      [1023, 400],
      [1024, 201],
      [2048, 201],
      [2049, 400],
    ] as const) {
      expect((await call(create, { query, body: { requested_memory } })).status).toBe(status);
    }
  });

  it('refuses a size that no capacity can hold, and names the largest sizes', async () => {
    const { create } = setUp();
    const response = await call(create, { query, body: { requested_memory: 100_000 } });
    expect(response).toMatchObject({ status: 422, body: { error: { code: 'cannot_fit' } } });
    expect(response.body.error.message).toContain('32768 MiB');
    const dedicated = await call(create, { query, body: { allocated_instance_type: 'x1.huge' } });
    expect(dedicated.status).toBe(422);
    expect(dedicated.body.error.message).toContain('m7i.large');
  });

  it('is 503 if the table is not available', async () => {
    const { ports } = setUp();
    const workbenches = Object.assign(Object.create(ports.workbenches), {
      create: () => Promise.reject(new PortError('unavailable', 'no connection')),
    });
    const response = await call(buildCreateWorkbench({ ...ports, workbenches }, settingsWith()), { query });
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(response.headers).toHaveProperty('retry-after');
  });

  it('never causes an internal error', async () => {
    const { create } = setUp();
    const fields = [
      'workbench_name',
      'requested_memory',
      'requested_cpu',
      'requested_gpu',
      'allocated_instance_type',
      'on_interruption',
      'template',
      'size',
    ];
    const body = fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), fc.jsonValue());
    const queries = fc.oneof(
      fc.string(),
      fc.string().map((text) => `user_id=${text}`),
    );
    await fc.assert(
      fc.asyncProperty(queries, body, fc.string(), async (text, object, key) => {
        const response = await call(create, {
          query: text,
          body: object,
          headers: { 'idempotency-key': key },
        });
        expect(response.status).toBeLessThan(500);
        expect(response.body.success).toBe(response.status < 300);
      }),
    );
  });
});

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'key-1' };
  const body = { workbench_name: 'one', requested_cpu: 512 };

  it('makes a retry return the first workbench', async () => {
    const { create } = setUp();
    const first = await call(create, { query, headers, body });
    const again = await call(create, { query, headers, body: { requested_cpu: 512, workbench_name: 'one' } });
    expect(first.status).toBe(201);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
  });

  it('makes concurrent requests return the same workbench', async () => {
    const { create, world } = setUp();
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => call(create, { query, headers, body })),
    );
    expect(new Set(responses.map((response) => response.body.item.workbench_id)).size).toBe(1);
    expect(world.stores.workbenches.listAll()).toHaveLength(1);
  });

  it('belongs to one user', async () => {
    const { create } = setUp();
    const ids = [];
    for (const user of ['ada', 'bob']) {
      ids.push((await call(create, { query: `user_id=${user}`, headers, body })).body.item.workbench_id);
    }
    expect(new Set(ids).size).toBe(2);
  });

  it('is refused with another body', async () => {
    const { create } = setUp();
    await call(create, { query, headers, body });
    const other = await call(create, { query, headers, body: { ...body, requested_cpu: 513 } });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
  });

  it('is refused after its workbench was deleted', async () => {
    const { create, world } = setUp();
    const { item } = (await call(create, { query, headers, body })).body;
    const key = { userId: 'xyz', workbenchId: item.workbench_id };
    const { revision } = await world.read(key);
    await world.stores.workbenches.delete(key, revision);
    const again = await call(create, { query, headers, body });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'workbench_deleted' } } });
  });

  it('expires after 24 hours', async () => {
    const { create, world } = setUp();
    const first = (await call(create, { query, headers, body })).body.item.workbench_id;
    world.clock.advance(24 * 3_600_000 + 1);
    expect((await call(create, { query, headers, body })).body.item.workbench_id).not.toBe(first);
  });

  it.each(['', ' ', 'a b', 'ä', 'x'.repeat(129), 'a\tb'])('is 400 if it is %j', async (key) => {
    const { create } = setUp();
    const response = await call(create, { query, headers: { 'idempotency-key': key } });
    expect(response.status).toBe(400);
    expect(response.body.error.fields).toHaveProperty('Idempotency-Key');
  });

  it.each(['x', '!~"', 'x'.repeat(128)])('can be %s', async (key) => {
    const { create } = setUp();
    expect((await call(create, { query, headers: { 'idempotency-key': key } })).status).toBe(201);
  });
});

describe('the limits of a user', () => {
  const limits = { WB_USER_WORKBENCHES_MAX: '2', WB_USER_HOSTS_MAX: '1' };
  const onHost = { allocated_instance_type: 'm7i.large' };

  it('are 403 with the figures, for the static key too', async () => {
    const { create } = setUp(limits);
    expect((await call(create, { query, body: onHost })).status).toBe(201);
    expect(await call(create, { query, body: onHost })).toMatchObject({
      status: 403,
      body: {
        success: false,
        error: {
          code: 'quota_exceeded',
          reason: 'hosts',
          message:
            'The limit is 1 workbenches on dedicated instances; 1 are used, and the request needs 1 more. Delete a workbench with a dedicated instance, or ask an administrator for a higher limit.',
          quota: {
            ...{ limit: 1, used: 1, requested: 1 },
            ...{ scope: 'installation', unit: 'workbenches', resets_at: null },
          },
        },
      },
    });
    expect((await call(create, { query, authorizer: tokenOf('xyz') })).status).toBe(201);
    expect(await call(create, { query })).toMatchObject({
      status: 403,
      body: { error: { reason: 'workbenches', quota: { limit: 2, used: 2 } } },
    });
    expect((await call(create, { query: 'user_id=another' })).status).toBe(201);
  });

  it('of starts is 429 with the time to wait', async () => {
    const { create, world } = setUp({ WB_USER_STARTS_PER_MINUTE: '1' });
    world.clock.advance(60_000 - (world.clock.now() % 60_000) + 15_000);
    expect((await call(create, { query })).status).toBe(201);
    expect(await call(create, { query })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '45' },
      body: { error: { code: 'too_many_requests', reason: 'start_rate' } },
    });
  });

  it('of a group applies to a user whose own token proves the group', async () => {
    const { create, world } = setUp();
    await world.stores.quotas.writeLimits({ kind: 'group', group: 'students' }, { gpus: 0, running: 1 });
    const authorizer = tokenOf('xyz', { groups: JSON.stringify(['students']) });
    expect((await call(create, { authorizer })).status).toBe(201);
    expect(await call(create, { authorizer })).toMatchObject({
      status: 403,
      body: { error: { quota: { scope: 'group:students' } } },
    });
    // An administrator proves no group of the user: the last proof counts.
    expect((await call(create, { query: 'user_id=xyz' })).status).toBe(403);
  });

  it('do not exist by default', async () => {
    const { create } = setUp();
    const responses = await Promise.all(
      Array.from({ length: 300 }, () => call(create, { query, body: onHost })),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([201]));
  });
});

describe('a dry run', () => {
  const dryRun = 'user_id=xyz&dry_run=true';

  it('says what the workbench would hold, leave and cost, and writes nothing', async () => {
    const { create, world } = setUp({ WB_USER_WORKBENCHES_MAX: '3', WB_USER_STARTS_PER_MINUTE: '1' });
    await call(create, { route: 'POST /workbenches', query });
    const before = world.stores.quotas.storedLedger('xyz');
    const requests = [1, 2].map(() =>
      call(create, {
        route: 'POST /workbenches',
        query: dryRun,
        headers: { 'idempotency-key': 'k' },
        body: { requested_cpu: 512 },
      }),
    );
    for (const response of await Promise.all(requests))
      expect(response).toMatchObject({
        status: 200,
        body: {
          success: true,
          item: {
            quota: {
              user_id: 'xyz',
              limits: { workbenches: 3, running: null },
              used: { workbenches: 1 },
              requested: { workbenches: 1, hosts: 0, running: 1, cpu: 512 },
              left: { workbenches: 1, running: null },
              sources: { workbenches: 'installation' },
            },
            estimate: {
              per_hour_running: expect.any(Number),
              per_month_stopped: 0,
              currency: 'USD',
              basis: expect.stringContaining('not the bill'),
            },
          },
        },
      });
    expect(world.stores.quotas.storedLedger('xyz')).toEqual(before);
    const audited = await world.stores.audit.list({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 9 });
    expect(audited.events).toHaveLength(1);
    expect((await world.stores.workbenches.listByUser('xyz', { limit: 100 })).workbenches).toHaveLength(1);
  });

  it('is refused as the request would be', async () => {
    const { create } = setUp({ WB_USER_WORKBENCHES_MAX: '1' });
    await call(create, { query });
    expect(await call(create, { query: dryRun })).toMatchObject({
      status: 403,
      body: { error: { code: 'quota_exceeded' } },
    });
    const body = { requested_cpu: 100_000 };
    expect((await call(create, { query: dryRun, body })).status).toBe(422);
    expect((await call(create, { query: `${query}&dry_run=1` })).status).toBe(400);
  });
});

describe('bodyHash', () => {
  it('does not depend on the order of fields, nor on undefined fields', () => {
    expect(bodyHash({ a: 1, b: 'x' })).toBe(bodyHash({ b: 'x', c: undefined, a: 1 }));
  });

  it('does not depend on the order of labels, but on their keys and values', () => {
    expect(bodyHash({ labels: { a: '1', b: '2' } })).toBe(bodyHash({ labels: { b: '2', a: '1' } }));
    const bodies = [{}, { labels: {} }, { labels: { a: '1' } }, { labels: { a: '2' } }, { labels: 'a' }];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });

  it('is for a flat body as earlier versions have stored it', () => {
    const sha256 = '9b7ad852580d9fd65f7be0b5d1af25e58e219ca74a056ea8c5ab900c0f786675';
    expect(bodyHash({ workbench_name: 'One', requested_cpu: 1024 })).toBe(sha256);
  });

  it('depends on names, values and types of values', () => {
    const bodies = [{}, { a: 1 }, { a: '1' }, { a: 2 }, { b: 1 }, { a: 1, b: 1 }];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });
});
