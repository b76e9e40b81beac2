import { afterEach, describe, expect, it, vi } from 'vitest';
import { toApiHandler } from '#functions/middleware/api-handler.ts';
import { createApiHandler } from '#functions/wiring/create-handler.ts';
import { gatewayEvent } from '../call-api.ts';
import { captureLogLines, contextOf } from './lambda-context.ts';

afterEach(() => {
  vi.restoreAllMocks();
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
