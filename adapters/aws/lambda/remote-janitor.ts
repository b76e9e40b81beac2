import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { PortError } from '#core/ports/port-error.ts';
import type { VolumeObservation, WipeProgress } from '#core/ports/volume-store.ts';
import type { Fate, Janitor, Place } from '../efs/janitor.ts';
import {
  JANITOR_ANSWERS,
  type JanitorAct,
  type JanitorAnswer,
  type JanitorRequest,
  janitorRequestSchema,
} from '../efs/janitor-messages.ts';
import { calling } from '../errors.ts';

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

  async fate(place: Place): Promise<Fate | undefined> {
    return (await this.#ask({ act: 'fate', ...at(place) })).fate;
  }

  async begin(place: Place): Promise<{ detached: boolean }> {
    return this.#ask({ act: 'begin', ...at(place) });
  }

  async detached(place: Place): Promise<void> {
    await this.#ask({ act: 'detached', ...at(place) });
  }

  async removeSome(place: Place): Promise<WipeProgress> {
    return this.#ask({ act: 'removeSome', ...at(place) });
  }

  async removeEmpty(place: Place): Promise<'removed' | 'not_empty'> {
    return (await this.#ask({ act: 'removeEmpty', ...at(place) })).outcome;
  }

  async setAside(place: Place): Promise<void> {
    await this.#ask({ act: 'setAside', ...at(place) });
  }

  async present(fileSystemId: string, workbenchIds: readonly string[]): Promise<readonly string[]> {
    if (workbenchIds.length === 0) return [];
    const answer = await this.#ask({ act: 'present', fileSystemId, workbenchIds: [...workbenchIds] });
    return answer.workbenchIds;
  }

  async list(
    fileSystemId: string,
    cursor?: string,
  ): Promise<{ directories: readonly VolumeObservation[]; cursor?: string }> {
    const answer = await this.#ask({
      act: 'list',
      fileSystemId,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const directories = answer.directories.map(({ workbenchId, createdAt }) =>
      createdAt === undefined ? { workbenchId } : { workbenchId, createdAt },
    );
    return answer.cursor === undefined ? { directories } : { directories, cursor: answer.cursor };
  }

  async #ask<A extends JanitorAct>(request: Extract<JanitorRequest, { act: A }>): Promise<JanitorAnswer<A>> {
    const { act } = request;
    if (!z.safeParse(janitorRequestSchema, request).success) {
      throw new RangeError(`not a request of the janitor: ${act}`);
    }
    const FunctionName = this.#functions.get(request.fileSystemId);
    if (FunctionName === undefined) {
      throw new PortError('unavailable', `${request.fileSystemId} is mounted by no function`);
    }
    const { Payload, FunctionError } = await calling('lambda', 'Invoke', () =>
      this.#client.send(
        new InvokeCommand({
          FunctionName,
          InvocationType: 'RequestResponse',
          Payload: new TextEncoder().encode(JSON.stringify(request)),
        }),
      ),
    );
    if (FunctionError !== undefined) throw new PortError('unavailable', `janitor ${act}: ${FunctionError}`);
    const answer = z.safeParse(JANITOR_ANSWERS[act], read(Payload));
    if (!answer.success) throw new PortError('unavailable', `janitor ${act}: not an answer`);
    return answer.data as JanitorAnswer<A>;
  }
}

/** The place and nothing else: a caller's object may hold more. */
function at({ fileSystemId, workbenchId }: Place): Place {
  return { fileSystemId, workbenchId };
}

function read(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
