import { afterEach, describe, expect, it, vi } from 'vitest';
import { publicApi, toApiHandler } from '#functions/middleware/api-handler.ts';
import { createApiHandler } from '#functions/wiring/create-api-handler.ts';
import { gatewayEvent } from '../call-api.ts';
import { captureLogLines, contextOf } from './lambda-context.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a wired function of the API', () => {
  it('answers what the function answers', async () => {
    const handler = createApiHandler('get-health', (ports) =>
      toApiHandler(publicApi(ports), async () => ({ status: 200, body: { success: true } })),
    );
    expect(await handler(gatewayEvent({}), contextOf('1'))).toMatchObject({
      statusCode: 200,
      body: '{"success":true}',
    });
  });

  it('that cannot be made answers 500 as the contract has it, and the log says why', async () => {
    const log = captureLogLines();
    let tries = 0;
    const handler = createApiHandler('get-health', (ports) => {
      tries += 1;
      if (tries === 1) throw new Error('a setting is missing');
      return toApiHandler(publicApi(ports), async () => ({ status: 200, body: {} }));
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
