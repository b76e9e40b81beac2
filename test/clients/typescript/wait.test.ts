import { describe, expect, it } from 'vitest';
import { type WaitProgress, WorkbenchWaitError } from '#clients/typescript/src/index.ts';
import { errorResponse, ID, itemResponse, openClient } from './recorded-api.ts';

const NOT_FOUND = errorResponse(404, 'workbench_not_found');
const running = { status: 'running', desired_status: 'running' } as const;
const deleting = { status: 'deleting', desired_status: 'deleted' } as const;

describe('waiting for a status', () => {
  it('polls as often as the API asks for, and reports each state', async () => {
    const { client, waits } = openClient([
      itemResponse({ status_detail: 'volume' }, 1),
      itemResponse({ status: 'pending' }, 3),
      itemResponse(running),
    ]);
    const seen: WaitProgress[] = [];
    const workbench = await client.waitUntil(ID, 'running', {
      onProgress: (progress) => seen.push(progress),
    });
    expect(workbench.status).toBe('running');
    expect(waits).toEqual([1000, 3000]);
    expect(seen.map(({ elapsedMs, workbench: state }) => [elapsedMs, state?.status])).toEqual([
      [0, 'starting'],
      [1000, 'pending'],
      [4000, 'running'],
    ]);
  });

  it('ends at once when the start has failed, with the reason', async () => {
    const failed = itemResponse({
      status: 'stopped',
      desired_status: 'stopped',
      status_reason: { code: 'image_pull_failed', message: 'The image does not exist.' },
    });
    const { client } = openClient([itemResponse({}), failed]);
    const error = await client.waitUntil(ID, 'running').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WorkbenchWaitError);
    expect(error).toMatchObject({ kind: 'failed', workbench: { status: 'stopped' } });
    expect(String(error)).toContain('The image does not exist. (image_pull_failed)');
  });

  it('goes on while a failed start is tried again', async () => {
    const { client } = openClient([
      itemResponse({ status: 'stopping', status_detail: 'retry' }),
      itemResponse({}),
      itemResponse(running),
    ]);
    await expect(client.waitUntil(ID, 'running')).resolves.toMatchObject(running);
  });

  it('goes on while the API cannot be reached', async () => {
    const broken = new TypeError('fetch failed');
    const { client } = openClient([
      broken,
      broken,
      broken,
      broken,
      errorResponse(500, 'internal'),
      itemResponse(running),
    ]);
    const problems: (string | undefined)[] = [];
    await client.waitUntil(ID, 'running', { onProgress: ({ problem }) => problems.push(problem?.name) });
    expect(problems).toEqual(['WorkbenchConnectionError', 'WorkbenchApiError', undefined]);
  });

  it.each([401, 403])('ends after a %i', async (status) => {
    const { client, requests } = openClient([errorResponse(status, 'forbidden')]);
    await expect(client.waitUntil(ID, 'running')).rejects.toMatchObject({ status });
    expect(requests).toHaveLength(1);
  });

  it('ends after its timeout with the last status', async () => {
    const { client, waits } = openClient([itemResponse({ status_detail: 'capacity' }, 5)]);
    const error = await client
      .waitUntil(ID, 'running', { timeoutMs: 12_000 })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'timeout', workbench: { status_detail: 'capacity' } });
    expect(String(error)).toContain(
      'After 12 s the workbench is not running. Its status: starting, capacity.',
    );
    expect(waits).toEqual([5000, 5000]);
  });

  it('ends with the reason of an aborted signal', async () => {
    const controller = new AbortController();
    const { client } = openClient([itemResponse({})]);
    const waiting = client.waitUntil(ID, 'running', {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(waiting).rejects.toThrow('enough');
  });

  it('waits for a stop that follows a restart of the same workbench, and fails if no request stops it', async () => {
    const stopping = itemResponse({ status: 'stopping', desired_status: 'stopped' });
    const stopped = itemResponse({ status: 'stopped', desired_status: 'stopped' });
    await expect(openClient([stopping, stopped]).client.waitUntil(ID, 'stopped')).resolves.toMatchObject({
      status: 'stopped',
    });
    await expect(openClient([itemResponse(running)]).client.waitUntil(ID, 'stopped')).rejects.toThrow(
      'The workbench is not being stopped.',
    );
  });

  it('waits for a deletion until the workbench no longer exists', async () => {
    const { client } = openClient([itemResponse(deleting), NOT_FOUND]);
    await expect(client.waitUntil(ID, 'deleted')).resolves.toBeUndefined();
    const kept = openClient([itemResponse(running)]);
    await expect(kept.client.waitUntil(ID, 'deleted')).rejects.toThrow('The workbench is not being deleted.');
  });

  it.each([itemResponse(deleting), NOT_FOUND])(
    'fails when the workbench is deleted meanwhile (%#)',
    async (last) => {
      const { client } = openClient([itemResponse({}), last]);
      await expect(client.waitUntil(ID, 'running')).rejects.toMatchObject({ kind: 'failed' });
    },
  );
});
