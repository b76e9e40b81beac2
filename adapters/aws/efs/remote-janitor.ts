import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { PortError } from '#core/ports/port-error.ts';
import type { DeletionProgress, VolumeObservation, VolumeSlice } from '#core/ports/volume-store.ts';
import { callAws } from '../errors.ts';
import {
  JANITOR_RESPONSES,
  type Janitor,
  type JanitorAction,
  type JanitorRequest,
  type JanitorResponse,
  janitorRequestSchema,
  type VolumeLocation,
  type VolumeMarker,
} from './janitor.ts';

export type InvokeClient = Pick<LambdaClient, 'send'>;

/**
 * The janitor in functions of its own: one per file system, because Lambda mounts one file system per function. If a
 * function fails, the outcome of the call is unknown.
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

  async measureSome(location: VolumeLocation, cursor?: string): Promise<VolumeSlice> {
    const at = cursor === undefined ? {} : { cursor };
    const { bytes, cursor: next } = await this.#invoke({
      act: 'measureSome',
      ...toLocation(location),
      ...at,
    });
    return next === undefined ? { bytes } : { bytes, cursor: next };
  }

  async deleteIfEmpty(location: VolumeLocation): Promise<'deleted' | 'not_empty'> {
    return (await this.#invoke({ act: 'deleteIfEmpty', ...toLocation(location) })).outcome;
  }

  async quarantine(location: VolumeLocation): Promise<void> {
    await this.#invoke({ act: 'quarantine', ...toLocation(location) });
  }

  async findExisting(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    if (workbenchIds.length === 0) return [];
    const response = await this.#invoke({
      act: 'findExisting',
      fileSystemId,
      workbenchIds: [...workbenchIds],
    });
    return response.workbenchIds;
  }

  async list(
    fileSystemId: string,
    cursor?: string,
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const response = await this.#invoke({
      act: 'list',
      fileSystemId,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const directories = response.directories.map(({ workbenchId, createdAt }) =>
      createdAt === undefined ? { workbenchId } : { workbenchId, createdAt },
    );
    return response.cursor === undefined ? { directories } : { directories, cursor: response.cursor };
  }

  async #invoke<A extends JanitorAction>(
    request: Extract<JanitorRequest, { act: A }>,
  ): Promise<JanitorResponse<A>> {
    const { act } = request;
    if (!z.safeParse(janitorRequestSchema, request).success) {
      throw new RangeError(`invalid janitor request: ${act}`);
    }
    const FunctionName = this.#functions.get(request.fileSystemId);
    if (FunctionName === undefined) {
      throw new PortError('unavailable', `no janitor function mounts ${request.fileSystemId}`);
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
    const response = z.safeParse(JANITOR_RESPONSES[act], parsePayload(Payload));
    if (!response.success) throw new PortError('unavailable', `janitor ${act}: invalid response`);
    return response.data as JanitorResponse<A>;
  }
}

/** Copies the two fields: the caller's object may have more, which the strict schema would reject. */
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
