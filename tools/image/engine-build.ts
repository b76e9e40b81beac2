import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { engineEvents } from '#adapters/local/containers/engine-stream.ts';

/** Something could not be built; the message is for whoever runs the build. */
export class BuildError extends Error {}

export interface Build {
  readonly tag: string;
  /** The folder that is sent to the engine. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly arguments?: Readonly<Record<string, string>>;
}

/** Makes and looks at images by Docker's API. */
export class ImageEngine {
  readonly #docker: Docker;

  constructor(socketPath: string) {
    this.#docker = new Docker({ socketPath });
  }

  /** The labels of an image; undefined when there is none of that name. */
  async labelsOf(tag: string): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      return (await this.#docker.getImage(tag).inspect()).Config.Labels ?? {};
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
      throw error;
    }
  }

  /** Bytes. */
  async sizeOf(tag: string): Promise<number> {
    return (await this.#docker.getImage(tag).inspect()).Size;
  }

  /** @throws BuildError with what the engine says */
  async pull(name: string): Promise<void> {
    try {
      await watched((await this.#docker.pull(name)) as Readable, () => {});
    } catch (error) {
      throw new BuildError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** @throws BuildError with what the engine says */
  async build({ tag, context, dockerfile, arguments: buildargs = {} }: Build): Promise<void> {
    const src = await readdir(context);
    const options = { t: tag, dockerfile, buildargs: { ...buildargs }, rm: true, forcerm: true };
    const stream = await this.#docker.buildImage({ context, src }, options);
    await watched(stream as Readable, (line) => process.stdout.write(`  ${line}\n`));
  }

  /** Takes a tar of a whole file system in as an image. @throws BuildError with what the engine says */
  async import(tar: Readable, tag: string, changes: readonly string[]): Promise<void> {
    const [repo = '', version = 'latest'] = tag.split(':');
    // dockerode's types leave most of the query out.
    const options = { repo, tag: version, changes: [...changes] } as object;
    await watched((await this.#docker.importImage(tar, options)) as Readable, () => {});
  }
}

/** The context of the example image, and where it stands. */
export const IMAGE_FOLDER = join(import.meta.dirname, '../../image');

async function watched(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const { error, stream: text = '' } of engineEvents(stream)) {
    if (error !== undefined) throw new BuildError(error.trim());
    for (const line of text.split('\n')) if (line.trim() !== '') onLine(line.trimEnd());
  }
}
