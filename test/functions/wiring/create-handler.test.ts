import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '#functions/wiring/create-handler.ts';
import { captureLogLines, contextOf } from './lambda-context.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const CONTEXT = contextOf('request-1', 'get-health');

describe('a wired function', () => {
  it('is made by the first invocation, with the settings that are its own, and serves those after it', async () => {
    const made: unknown[] = [];
    const handler = createHandler('get-health', ({ settings }) => {
      made.push(settings);
      return async (event: string) => `${event} ${made.length}`;
    });
    expect(made).toEqual([]);
    vi.stubEnv('WB_TABLE_NAME', 'a-table');
    vi.stubEnv('WB_CLUSTER', 'a-cluster');
    expect(await handler('first', CONTEXT)).toBe('first 1');
    expect(await handler('second', CONTEXT)).toBe('second 1');
    expect(made).toEqual([{ WB_TABLE_NAME: 'a-table' }]);
  });

  it('is made once by invocations at the same time', async () => {
    let made = 0;
    const handler = createHandler('get-health', async () => {
      made += 1;
      return async () => made;
    });
    expect(await Promise.all([handler(undefined, CONTEXT), handler(undefined, CONTEXT)])).toEqual([1, 1]);
  });

  it('is given no settings but valid ones, and says what is wrong with the others', async () => {
    const log = captureLogLines();
    vi.stubEnv('WB_TABLE_NAME', 'no table!');
    const handler = createHandler('get-health', () => async () => 'never');
    await expect(handler(undefined, CONTEXT)).rejects.toThrow('get-health failed');
    expect(log.lines().find(({ level }) => level === 'ERROR')).toMatchObject({
      message: 'the function failed',
      cause: { name: 'SettingsError', message: expect.stringContaining('WB_TABLE_NAME') },
    });
  });

  it('that could not be made is made by a later invocation', async () => {
    const log = captureLogLines();
    let tries = 0;
    const handler = createHandler('get-health', () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return async () => 'made';
    });
    await expect(handler(undefined, CONTEXT)).rejects.toThrow('get-health failed');
    expect(log.lines()).toContainEqual(expect.objectContaining({ init_failed: 1, function: 'get-health' }));
    expect(await handler(undefined, CONTEXT)).toBe('made');
    expect(tries).toBe(2);
  });

  it('names function and request in every line of its log', async () => {
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

  it('logs why it failed, and throws nothing of it, since Lambda prints and hands on what is thrown', async () => {
    const log = captureLogLines();
    const handler = createHandler('get-health', () => async (event: { readonly body: string }) => {
      throw Object.assign(new Error('the port failed'), { event });
    });
    const thrown = await handler({ body: 'what a user sent' }, CONTEXT).catch((error: unknown) => error);
    expect(thrown).toEqual(new Error('get-health failed'));
    expect(Object.keys(thrown as object)).toEqual([]);
    expect((thrown as Error).cause).toBeUndefined();
    expect(log.text()).toContain('the port failed');
    expect(log.text()).not.toContain('what a user sent');
  });
});
