import { describe, expect, it } from 'vitest';
import { RemoteJanitor } from '#adapters/aws/efs/remote-janitor.ts';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { recordingClient } from './recording-client.ts';

const RESPONSES: Readonly<Record<string, object>> = {
  readMarker: {},
  writeTombstone: { detached: false },
  markDetached: {},
  removeSome: { done: true, deleted: 1 },
  findExisting: { workbenchIds: [] },
  list: { directories: [] },
};

function parsePayload({ Payload }: { readonly Payload: Uint8Array }): { readonly act: string } {
  return JSON.parse(new TextDecoder().decode(Payload));
}

function volumesWith(lifeCycleState = 'available') {
  const efs = recordingClient({
    CreateAccessPoint: { AccessPointId: 'fsap-1', LifeCycleState: lifeCycleState },
    DescribeAccessPoints: { AccessPoints: [{ AccessPointId: 'fsap-1', LifeCycleState: 'available' }] },
  });
  const lambda = recordingClient({
    Invoke: (input: { readonly Payload: Uint8Array }) => ({
      Payload: new TextEncoder().encode(JSON.stringify(RESPONSES[parsePayload(input).act])),
    }),
  });
  const janitor = new RemoteJanitor(lambda.client, new Map([['fs-1', 'staging-janitor-0']]));
  const settings = {
    fileSystemIds: ['fs-1'],
    parentPath: '/parent',
    uid: 1001,
    gid: 1002,
    tags: { 'workbench:installation': 'staging' },
  } as const;
  const volumes = new EfsVolumeStore(efs.client, janitor, settings, new ManualClock(1_700_000_000_000));
  return { efs, lambda, volumes };
}

const CREATE_ACCESS_POINT = {
  FileSystemId: 'fs-1',
  // One access point for each workbench and file system: a second call returns the first one.
  ClientToken: 'fs-1/wb1',
  // EFS replaces the user of the NFS client by this one, so that no container can act as root.
  PosixUser: { Uid: 1001, Gid: 1002 },
  RootDirectory: {
    Path: '/parent/wb1',
    // EFS creates the directory at the first mount. Nobody else may read it.
    CreationInfo: { OwnerUid: 1001, OwnerGid: 1002, Permissions: '0700' },
  },
  Tags: [
    // The permissions to create and delete access points require these tags.
    { Key: 'workbench:installation', Value: 'staging' },
    { Key: 'Name', Value: 'workbench wb1' },
    { Key: 'workbench:id', Value: 'wb1' },
    // EFS does not report when an access point was created.
    { Key: 'workbench:created-at', Value: '1700000000000' },
  ],
};

describe('an access point', () => {
  it('is created with the directory and the user of the workbench', async () => {
    const { efs, volumes } = volumesWith();
    await volumes.ensure('wb1');
    expect(efs.sent).toEqual([{ name: 'CreateAccessPoint', input: CREATE_ACCESS_POINT }]);
  });

  it('that is being created is known from the response', async () => {
    const { efs, volumes } = volumesWith('creating');
    expect(await volumes.ensure('wb1')).toMatchObject({ kind: 'creating' });
    expect(efs.sent).toEqual([{ name: 'CreateAccessPoint', input: CREATE_ACCESS_POINT }]);
  });

  it('is described if the response says neither that it is being created nor that it is available', async () => {
    const { efs, volumes } = volumesWith('updating');
    expect(await volumes.ensure('wb1')).toMatchObject({ kind: 'ready' });
    expect(efs.inputsOf('DescribeAccessPoints')).toEqual([{ AccessPointId: 'fsap-1' }]);
  });

  it('is found by its client token and deleted by its id', async () => {
    const { efs, volumes } = volumesWith();
    await volumes.deleteSlice('wb1');
    expect(efs.sent).toEqual([
      { name: 'CreateAccessPoint', input: CREATE_ACCESS_POINT },
      { name: 'DeleteAccessPoint', input: { AccessPointId: 'fsap-1' } },
    ]);
  });

  it('is listed in pages of 100', async () => {
    const { efs, volumes } = volumesWith();
    await volumes.list();
    await volumes.list('0 points next');
    expect(efs.inputsOf('DescribeAccessPoints')).toEqual([
      { FileSystemId: 'fs-1', MaxResults: 100 },
      { FileSystemId: 'fs-1', MaxResults: 100, NextToken: 'next' },
    ]);
  });
});

it('the janitor of the file system is invoked, and its response is awaited', async () => {
  const { lambda, volumes } = volumesWith();
  await volumes.deleteSlice('wb1');
  expect(lambda.sent).toEqual(
    ['writeTombstone', 'markDetached', 'removeSome'].map((act) => ({
      name: 'Invoke',
      input: {
        FunctionName: 'staging-janitor-0',
        // With the type Event, Lambda would return no result.
        InvocationType: 'RequestResponse',
        Payload: new TextEncoder().encode(JSON.stringify({ act, fileSystemId: 'fs-1', workbenchId: 'wb1' })),
      },
    })),
  );
});
