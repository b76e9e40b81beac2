import { describe, expect, it } from 'vitest';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { MountedJanitor } from '#adapters/aws/efs/mounted-janitor.ts';
import { type InvokeClient, RemoteJanitor } from '#adapters/aws/efs/remote-janitor.ts';
import { describeJanitorContract } from '#test/contracts/janitor.ts';
import { JANITOR_FUNCTIONS, lambdaClientFor, remoteJanitorFor } from './janitor-in-process.ts';

describeJanitorContract('RemoteJanitor', (root) =>
  remoteJanitorFor(
    new MountedJanitor({ rootOf: (id) => (id === 'fs-1' ? root : undefined), entriesPerCallMax: 1000 }),
  ),
);

const LOCATION = { fileSystemId: 'fs-1', workbenchId: 'aaaa' };

/** A janitor whose invocations return the given response. */
function janitorReturning(respond: () => unknown) {
  const inputs: Readonly<Record<string, unknown>>[] = [];
  const send = async ({ input }: { readonly input: Readonly<Record<string, unknown>> }) => {
    inputs.push(input);
    return respond();
  };
  return { inputs, janitor: new RemoteJanitor({ send } as unknown as InvokeClient, JANITOR_FUNCTIONS) };
}

function payload(text: string) {
  return { StatusCode: 200, Payload: new TextEncoder().encode(text) };
}

describe('RemoteJanitor', () => {
  it('invokes the function of the file system synchronously, with the fields of the request only', async () => {
    const { inputs, janitor } = janitorReturning(() => payload('{"detached":true}'));
    const extended = { ...LOCATION, fileSystemId: 'fs-2', userId: 'ada' };
    expect(await janitor.writeTombstone(extended)).toEqual({ detached: true });
    expect(inputs).toMatchObject([{ FunctionName: 'janitor-2', InvocationType: 'RequestResponse' }]);
    expect(JSON.parse(new TextDecoder().decode(inputs[0]?.Payload as Uint8Array))).toEqual({
      act: 'writeTombstone',
      fileSystemId: 'fs-2',
      workbenchId: 'aaaa',
    });
  });

  it('rejects a file system that no function mounts, without a call', async () => {
    const { inputs, janitor } = janitorReturning(() => payload('{}'));
    await expect(janitor.readMarker({ ...LOCATION, fileSystemId: 'fs-3' })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(inputs).toEqual([]);
  });

  it('makes no call without workbench ids', async () => {
    const { inputs, janitor } = janitorReturning(() => payload('{}'));
    expect(await janitor.findExisting('fs-1', [])).toEqual([]);
    expect(inputs).toEqual([]);
  });

  it.each([
    ['TooManyRequestsException', 'throttled'],
    ['TimeoutError', 'unavailable'],
    ['ServiceException', 'unavailable'],
    ['ResourceNotFoundException', 'unavailable'],
  ])('maps %s to %s', async (name, kind) => {
    const { janitor } = janitorReturning(() => {
      throw Object.assign(new Error('no'), { name });
    });
    await expect(janitor.quarantine(LOCATION)).rejects.toMatchObject({ name: 'PortError', kind });
  });

  it('is unavailable if the function failed or timed out', async () => {
    const { janitor } = janitorReturning(() => ({
      ...payload('{"done":true,"deleted":1}'),
      FunctionError: 'Unhandled',
    }));
    await expect(janitor.removeSome(LOCATION)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'janitor removeSome: Unhandled',
    });
  });

  it.each(['', 'null', '{', '{"done":1,"deleted":0}', '{"done":true,"deleted":-1}', '{}'])(
    'rejects %j as an invalid response',
    async (text) => {
      const { janitor } = janitorReturning(() => payload(text));
      await expect(janitor.removeSome(LOCATION)).rejects.toMatchObject({ kind: 'unavailable' });
    },
  );

  it('accepts at most 1,000 workbench ids', async () => {
    const many = Array.from({ length: 1001 }, (_, n) => `w${n}`);
    const { inputs, janitor } = janitorReturning(() => payload('{"workbenchIds":[]}'));
    await expect(janitor.findExisting('fs-1', many)).rejects.toThrow(RangeError);
    expect(inputs).toEqual([]);
    expect(await janitor.findExisting('fs-1', many.slice(1))).toEqual([]);
  });

  it('returns the pages of the janitor', async () => {
    const requested: unknown[] = [];
    const pages: Pick<Janitor, 'list'> = {
      list: async (fileSystemId, cursor) => {
        requested.push([fileSystemId, cursor]);
        const directories = [{ workbenchId: 'aaaa', createdAt: 5 }, { workbenchId: 'bbbb' }];
        return cursor === undefined ? { directories, cursor: 'bbbb' } : { directories: [] };
      },
    };
    const janitor = new RemoteJanitor(lambdaClientFor(pages as Janitor), JANITOR_FUNCTIONS);
    expect(await janitor.list('fs-1')).toEqual({
      directories: [{ workbenchId: 'aaaa', createdAt: 5 }, { workbenchId: 'bbbb' }],
      cursor: 'bbbb',
    });
    expect(await janitor.list('fs-1', 'bbbb')).toEqual({ directories: [] });
    expect(requested).toEqual([
      ['fs-1', undefined],
      ['fs-1', 'bbbb'],
    ]);
  });
});
