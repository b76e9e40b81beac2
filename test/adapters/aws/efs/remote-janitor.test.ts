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

const PLACE = { fileSystemId: 'fs-1', workbenchId: 'aaaa' };

/** A janitor whose invocations are answered as given. */
function janitorAnswering(answer: () => unknown) {
  const inputs: Readonly<Record<string, unknown>>[] = [];
  const send = async ({ input }: { readonly input: Readonly<Record<string, unknown>> }) => {
    inputs.push(input);
    return answer();
  };
  return { inputs, janitor: new RemoteJanitor({ send } as unknown as InvokeClient, JANITOR_FUNCTIONS) };
}

function payload(text: string) {
  return { StatusCode: 200, Payload: new TextEncoder().encode(text) };
}

describe('RemoteJanitor', () => {
  it('asks the function of the file system, waits for its answer, and tells it no more than it has to', async () => {
    const { inputs, janitor } = janitorAnswering(() => payload('{"detached":true}'));
    const more = { ...PLACE, fileSystemId: 'fs-2', userId: 'ada' };
    expect(await janitor.writeTombstone(more)).toEqual({ detached: true });
    expect(inputs).toMatchObject([{ FunctionName: 'janitor-2', InvocationType: 'RequestResponse' }]);
    expect(JSON.parse(new TextDecoder().decode(inputs[0]?.Payload as Uint8Array))).toEqual({
      act: 'writeTombstone',
      fileSystemId: 'fs-2',
      workbenchId: 'aaaa',
    });
  });

  it('asks nobody about a file system that no function mounts', async () => {
    const { inputs, janitor } = janitorAnswering(() => payload('{}'));
    await expect(janitor.readMarker({ ...PLACE, fileSystemId: 'fs-3' })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(inputs).toEqual([]);
  });

  it('asks nobody about nothing', async () => {
    const { inputs, janitor } = janitorAnswering(() => payload('{}'));
    expect(await janitor.findExisting('fs-1', [])).toEqual([]);
    expect(inputs).toEqual([]);
  });

  it.each([
    ['TooManyRequestsException', 'throttled'],
    ['TimeoutError', 'unavailable'],
    ['ServiceException', 'unavailable'],
    ['ResourceNotFoundException', 'unavailable'],
  ])('tells of %s that it is %s', async (name, kind) => {
    const { janitor } = janitorAnswering(() => {
      throw Object.assign(new Error('no'), { name });
    });
    await expect(janitor.quarantine(PLACE)).rejects.toMatchObject({ name: 'PortError', kind });
  });

  it('does not know what has happened when the function failed or ran out of time', async () => {
    const { janitor } = janitorAnswering(() => ({
      ...payload('{"done":true,"deleted":1}'),
      FunctionError: 'Unhandled',
    }));
    await expect(janitor.removeSome(PLACE)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'janitor removeSome: Unhandled',
    });
  });

  it.each(['', 'null', '{', '{"done":1,"deleted":0}', '{"done":true,"deleted":-1}', '{}'])(
    'takes %j for no answer',
    async (text) => {
      const { janitor } = janitorAnswering(() => payload(text));
      await expect(janitor.removeSome(PLACE)).rejects.toMatchObject({ kind: 'unavailable' });
    },
  );

  it('asks about no more than a thousand at once', async () => {
    const many = Array.from({ length: 1001 }, (_, n) => `w${n}`);
    const { inputs, janitor } = janitorAnswering(() => payload('{"workbenchIds":[]}'));
    await expect(janitor.findExisting('fs-1', many)).rejects.toThrow(RangeError);
    expect(inputs).toEqual([]);
    expect(await janitor.findExisting('fs-1', many.slice(1))).toEqual([]);
  });

  it('goes through pages as the janitor gives them', async () => {
    const asked: unknown[] = [];
    const pages: Pick<Janitor, 'list'> = {
      list: async (fileSystemId, cursor) => {
        asked.push([fileSystemId, cursor]);
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
    expect(asked).toEqual([
      ['fs-1', undefined],
      ['fs-1', 'bbbb'],
    ]);
  });
});
