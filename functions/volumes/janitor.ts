import * as z from 'zod/mini';
import {
  type Janitor,
  type JanitorAction,
  type JanitorRequest,
  type JanitorResponse,
  janitorRequestSchema,
} from '#adapters/aws/efs/janitor.ts';
import { MountedJanitor } from '#adapters/aws/efs/mounted-janitor.ts';
import { createHandler } from '../wiring/create-handler.ts';

/**
 * The janitor of one file system. It is the only function that mounts the directory of the volumes. `drive-delete` and the
 * sweep of volumes call it to delete files, and the sweep to measure them; each call executes one step of limited duration. `drive` and `drive-host` call
 * it only to read: the marker of a volume, and which file system has its directory. It makes no calls to AWS.
 */
export function build(ports: { readonly janitor: Janitor }): (event: unknown) => Promise<object> {
  return async (event) => {
    const request = z.safeParse(janitorRequestSchema, event);
    if (!request.success) throw new Error('invalid janitor request');
    return OPERATIONS[request.data.act](ports.janitor, request.data as never);
  };
}

type Operations = {
  readonly [A in JanitorAction]: (
    janitor: Janitor,
    request: Extract<JanitorRequest, { act: A }>,
  ) => Promise<JanitorResponse<A>>;
};

const OPERATIONS: Operations = {
  readMarker: async (janitor, place) => {
    const marker = await janitor.readMarker(place);
    return marker === undefined ? {} : { marker };
  },
  writeTombstone: (janitor, place) => janitor.writeTombstone(place),
  markDetached: async (janitor, place) => {
    await janitor.markDetached(place);
    return {};
  },
  removeSome: (janitor, place) => janitor.removeSome(place),
  measureSome: (janitor, { cursor, ...place }) => janitor.measureSome(place, cursor),
  deleteIfEmpty: async (janitor, place) => ({ outcome: await janitor.deleteIfEmpty(place) }),
  quarantine: async (janitor, place) => {
    await janitor.quarantine(place);
    return {};
  },
  findExisting: async (janitor, { fileSystemId, workbenchIds }) => ({
    workbenchIds: [...(await janitor.findExisting(fileSystemId, workbenchIds))],
  }),
  list: async (janitor, { fileSystemId, cursor }) => {
    const { directories, ...rest } = await janitor.list(fileSystemId, cursor);
    return { directories: [...directories], ...rest };
  },
};

export const handler = createHandler('janitor', ({ settings }) => {
  const mounts = new Map(Object.entries(settings.WB_JANITOR_MOUNTS));
  return build({ janitor: new MountedJanitor({ rootOf: (fileSystemId) => mounts.get(fileSystemId) }) });
});
