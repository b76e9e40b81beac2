import { afterEach, describe, expect, it, vi } from 'vitest';
import { toApiHandler } from '#functions/middleware/api-handler.ts';
import { createApiHandler, createHandler } from '#functions/wiring/create-handler.ts';
import { gatewayEvent } from '../call-api.ts';
import { captureLogLines, contextOf } from './lambda-context.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const CONTEXT = contextOf('request-1', 'get-health');

describe('createHandler', () => {
  it('initializes the function at the first invocation, with its own settings only', async () => {
    const initialized: unknown[] = [];
    const handler = createHandler('get-health', ({ settings }) => {
      initialized.push(settings);
      return async (event: string) => `${event} ${initialized.length}`;
    });
    expect(initialized).toEqual([]);
    vi.stubEnv('WB_TABLE_NAME', 'a-table');
    vi.stubEnv('WB_CLUSTER', 'a-cluster');
    expect(await handler('first', CONTEXT)).toBe('first 1');
    expect(await handler('second', CONTEXT)).toBe('second 1');
    expect(initialized).toEqual([{ WB_TABLE_NAME: 'a-table' }]);
  });

  it('initializes the function once for concurrent invocations', async () => {
    let count = 0;
    const handler = createHandler('get-health', async () => {
      count += 1;
      return async () => count;
    });
    expect(await Promise.all([handler(undefined, CONTEXT), handler(undefined, CONTEXT)])).toEqual([1, 1]);
  });

  it('logs invalid settings and does not initialize the function', async () => {
    const log = captureLogLines();
    vi.stubEnv('WB_TABLE_NAME', 'no table!');
    const handler = createHandler('get-health', () => async () => 'never');
    await expect(handler(undefined, CONTEXT)).rejects.toThrow('get-health failed');
    expect(log.lines().find(({ level }) => level === 'ERROR')).toMatchObject({
      message: 'function failed',
      cause: { name: 'SettingsError', message: expect.stringContaining('WB_TABLE_NAME') },
    });
  });

  it('retries a failed initialization at the next invocation', async () => {
    const log = captureLogLines();
    let attempts = 0;
    const handler = createHandler('get-health', () => {
      attempts += 1;
      if (attempts === 1) throw new Error('not yet');
      return async () => 'initialized';
    });
    await expect(handler(undefined, CONTEXT)).rejects.toThrow('get-health failed');
    expect(log.lines()).toContainEqual(expect.objectContaining({ init_failed: 1, function: 'get-health' }));
    expect(await handler(undefined, CONTEXT)).toBe('initialized');
    expect(attempts).toBe(2);
  });

  it('adds function and request to every log line', async () => {
    const log = captureLogLines();
    const handler = createHandler('get-health', ({ telemetry }) => async (event: string) => {
      telemetry.info(event);
    });
    await handler('one', CONTEXT);
    await handler('two', contextOf('request-2', 'get-health'));
    expect(
      log
        .lines()
        .map(({ message, function_name, function_request_id }) => [
          message,
          function_name,
          function_request_id,
        ]),
    ).toEqual([
      ['one', 'get-health', 'request-1'],
      ['two', 'get-health', 'request-2'],
    ]);
  });

  it('logs an error, and throws another one without details', async () => {
    const log = captureLogLines();
    const handler = createHandler('get-health', () => async (event: { readonly body: string }) => {
      throw Object.assign(new Error('the port failed'), { event });
    });
    const thrown = await handler({ body: 'the body of a user' }, CONTEXT).catch((error: unknown) => error);
    expect(thrown).toEqual(new Error('get-health failed'));
    expect(Object.keys(thrown as object)).toEqual([]);
    expect((thrown as Error).cause).toBeUndefined();
    expect(log.text()).toContain('the port failed');
    expect(log.text()).not.toContain('the body of a user');
  });
});

describe('createApiHandler', () => {
  it('returns the response of the function', async () => {
    const handler = createApiHandler('get-health', (ports) =>
      toApiHandler(ports, async () => ({ status: 200, body: { success: true } })),
    );
    expect(await handler(gatewayEvent({}), contextOf('1'))).toMatchObject({
      statusCode: 200,
      body: '{"success":true}',
    });
  });

  it('responds with 500 and the error body if initialization fails, logs the cause and retries', async () => {
    const log = captureLogLines();
    let attempts = 0;
    const handler = createApiHandler('get-health', (ports) => {
      attempts += 1;
      if (attempts === 1) throw new Error('a setting is missing');
      return toApiHandler(ports, async () => ({ status: 200, body: {} }));
    });
    const { statusCode, headers, body } = await handler(gatewayEvent({}), contextOf('1'));
    expect(statusCode).toBe(500);
    expect(headers).toMatchObject({ 'x-request-id': 'request-1', 'cache-control': 'no-store' });
    expect(JSON.parse(body)).toEqual({
      success: false,
      error: { code: 'internal', message: expect.stringContaining('request-1') },
    });
    expect(body).not.toContain('a setting is missing');
    expect(log.text()).toContain('a setting is missing');
    expect((await handler(gatewayEvent({}), contextOf('2'))).statusCode).toBe(200);
  });
});
