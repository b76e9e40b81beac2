import { describe, expect, it } from 'vitest';
import { buildGetHealth } from '#functions/api/get-health.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { call } from '../call-api.ts';

function setUp(ping: () => Promise<void>) {
  const clock = new ManualClock();
  let pings = 0;
  const workbenches = {
    ping: () => {
      pings += 1;
      return ping();
    },
  };
  const health = buildGetHealth(
    { clock, telemetry: new RecordingTelemetry(), workbenches },
    { timeoutMs: 20 },
  );
  return { clock, health: () => call(health, { authorizer: undefined }), pings: () => pings };
}

describe('GET /health', () => {
  it('returns the version if the table is available, without authorization', async () => {
    const { health } = setUp(async () => {});
    expect(await health()).toMatchObject({
      status: 200,
      body: { success: true, item: { status: 'ok', version: manifest.version } },
    });
  });

  it('is 503 if the table is not available', async () => {
    const { health } = setUp(() => Promise.reject(new Error('no connection to 10.0.0.1')));
    const response = await health();
    expect(response).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', reason: 'table' } },
    });
    expect(response.headers['retry-after']).toBe('5');
    expect(JSON.stringify(response)).not.toContain('10.0.0.1');
  });

  it('is 503 if the table responds too late', async () => {
    const { health } = setUp(() => new Promise(() => {}));
    expect((await health()).status).toBe(503);
  });

  it('pings the table once in 5 s, whether it is available or not', async () => {
    let fails = false;
    const { health, clock, pings } = setUp(() => (fails ? Promise.reject(new Error()) : Promise.resolve()));
    await health();
    clock.advance(4999);
    await health();
    expect(pings()).toBe(1);
    fails = true;
    clock.advance(1);
    expect((await health()).status).toBe(503);
    fails = false;
    expect((await health()).status).toBe(503);
    expect(pings()).toBe(2);
    clock.advance(5000);
    expect((await health()).status).toBe(200);
  });

  it('pings the table once for concurrent requests', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { health, pings } = setUp(() => promise);
    const responses = Promise.all(Array.from({ length: 50 }, health));
    resolve();
    expect(new Set((await responses).map(({ status }) => status))).toEqual(new Set([200]));
    expect(pings()).toBe(1);
  });
});
