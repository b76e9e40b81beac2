import * as z from 'zod/mini';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import {
  type JanitorAct,
  type JanitorAnswer,
  type JanitorRequest,
  janitorRequestSchema,
} from '#adapters/aws/efs/janitor.ts';
import { MountedJanitor } from '#adapters/aws/efs/mounted-janitor.ts';
import { createHandler } from '../wiring/create-handler.ts';

/**
 * The janitor of one file system, which alone has the directory mounted that holds those of all workbenches.
 * Calls nothing. Does what it is asked by `drive` and the sweep of volumes, one bounded step at a time.
 */
export function build(ports: { readonly janitor: Janitor }): (event: unknown) => Promise<object> {
  return async (event) => {
    const request = z.safeParse(janitorRequestSchema, event);
    if (!request.success) throw new Error('not a request of the janitor');
    return OPERATIONS[request.data.act](ports.janitor, request.data as never);
  };
}

type Operations = {
  readonly [A in JanitorAct]: (
    janitor: Janitor,
    request: Extract<JanitorRequest, { act: A }>,
  ) => Promise<JanitorAnswer<A>>;
};

const OPERATIONS: Operations = {
  fate: async (janitor, place) => {
    const fate = await janitor.readMarker(place);
    return fate === undefined ? {} : { fate };
  },
  begin: (janitor, place) => janitor.writeTombstone(place),
  detached: async (janitor, place) => {
    await janitor.detached(place);
    return {};
  },
  removeSome: (janitor, place) => janitor.removeSome(place),
  removeEmpty: async (janitor, place) => ({ outcome: await janitor.removeEmpty(place) }),
  setAside: async (janitor, place) => {
    await janitor.quarantine(place);
    return {};
  },
  present: async (janitor, { fileSystemId, workbenchIds }) => ({
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
