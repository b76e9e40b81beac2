import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { PortError } from '#core/ports/port-error.ts';
import type { DeletionProgress, VolumeObservation } from '#core/ports/volume-store.ts';
import { callAws } from '../errors.ts';
import type { Janitor, VolumeLocation, VolumeMarker } from './janitor.ts';
import {
  JANITOR_RESPONSES,
  type JanitorAction,
  type JanitorRequest,
  type JanitorResponse,
  janitorRequestSchema,
} from './janitor.ts';

export type InvokeClient = Pick<LambdaClient, 'send'>;

/**
 * The janitor in functions of its own, which have the file systems mounted: one for each, since Lambda mounts one
 * per function. What goes wrong there may have happened.
 */
export class RemoteJanitor implements Janitor {
  readonly #client: InvokeClient;
  readonly #functions: ReadonlyMap<string, string>;

  /** @param functions file system → the function's name or ARN */
  constructor(client: InvokeClient, functions: ReadonlyMap<string, string>) {
    this.#client = client;
    this.#functions = functions;
  }

  async readMarker(location: VolumeLocation): Promise<VolumeMarker | undefined> {
    return (await this.#invoke({ act: 'readMarker', ...toLocation(location) })).marker;
  }

  async writeTombstone(location: VolumeLocation): Promise<{ detached: boolean }> {
    return this.#invoke({ act: 'writeTombstone', ...toLocation(location) });
  }

  async markDetached(location: VolumeLocation): Promise<void> {
    await this.#invoke({ act: 'markDetached', ...toLocation(location) });
  }

  async removeSome(location: VolumeLocation): Promise<DeletionProgress> {
    return this.#invoke({ act: 'removeSome', ...toLocation(location) });
  }

  async deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'> {
    return (await this.#invoke({ act: 'deleteIfEmpty', ...toLocation(location) })).outcome;
  }

  async quarantine(location: VolumeLocation): Promise<void> {
    await this.#invoke({ act: 'quarantine', ...toLocation(location) });
  }

  async findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    if (workbenchIds.length === 0) return [];
    const answer = await this.#invoke({ act: 'findExisting', fileSystemId, workbenchIds: [...workbenchIds] });
    return answer.workbenchIds;
  }

  async list(
    fileSystemId: string,
    cursor?: string,
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const answer = await this.#invoke({
      act: 'list',
      fileSystemId,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const directories = answer.directories.map(({ workbenchId, createdAt }) =>
      createdAt === undefined ? { workbenchId } : { workbenchId, createdAt },
    );
    return answer.cursor === undefined ? { directories } : { directories, cursor: answer.cursor };
  }

  async #invoke<A extends JanitorAction>(
    request: Extract<JanitorRequest, { act: A }>,
  ): Promise<JanitorResponse<A>> {
    const { act } = request;
    if (!z.safeParse(janitorRequestSchema, request).success) {
      throw new RangeError(`not a request of the janitor: ${act}`);
    }
    const FunctionName = this.#functions.get(request.fileSystemId);
    if (FunctionName === undefined) {
      throw new PortError('unavailable', `${request.fileSystemId} is mounted by no function`);
    }
    const { Payload, FunctionError } = await callAws('lambda', 'Invoke', () =>
      this.#client.send(
        new InvokeCommand({
          FunctionName,
          InvocationType: 'RequestResponse',
          Payload: new TextEncoder().encode(JSON.stringify(request)),
        }),
      ),
    );
    if (FunctionError !== undefined) throw new PortError('unavailable', `janitor ${act}: ${FunctionError}`);
    const answer = z.safeParse(JANITOR_RESPONSES[act], parsePayload(Payload));
    if (!answer.success) throw new PortError('unavailable', `janitor ${act}: not an answer`);
    return answer.data as JanitorResponse<A>;
  }
}

/** The place and nothing else: a caller's object may hold more. */
function toLocation({ fileSystemId, workbenchId }: VolumeLocation): VolumeLocation {
  return { fileSystemId, workbenchId };
}

function parsePayload(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
