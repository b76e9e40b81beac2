import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { readEngineMessages } from '#adapters/local/containers/engine-messages.ts';

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

/** Where an image is in a registry. */
export interface RegistryImage {
  /** With the registry in front: `111122223333.dkr.ecr.us-west-1.amazonaws.com/workbench`. */
  readonly repository: string;
  readonly tag: string;
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Makes, looks at and sends images by Docker's API. */
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

  /** Of the processor that an image was built for, as Docker calls it: `amd64`, `arm64`. */
  async architectureOf(tag: string): Promise<string> {
    return (await this.#docker.getImage(tag).inspect()).Architecture;
  }

  /** Bytes. */
  async sizeOf(tag: string): Promise<number> {
    return (await this.#docker.getImage(tag).inspect()).Size;
  }

  /** @throws BuildError with what the engine says */
  async pull(name: string): Promise<void> {
    try {
      await followStream((await this.#docker.pull(name)) as Readable, () => {});
    } catch (error) {
      throw new BuildError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** @throws BuildError with what the engine says */
  async build({ tag, context, dockerfile, arguments: buildargs = {} }: Build): Promise<void> {
    const src = await readdir(context);
    const options = { t: tag, dockerfile, buildargs: { ...buildargs }, rm: true, forcerm: true };
    const stream = await this.#docker.buildImage({ context, src }, options);
    await followStream(stream as Readable, (line) => process.stdout.write(`  ${line}\n`));
  }

  /**
   * Sends an image to a registry, under the name that it has there. The login goes with this one request and is
   * kept nowhere.
   * @throws BuildError with what the engine, or the registry, says
   */
  async push(tag: string, to: RegistryImage, login: RegistryLogin): Promise<void> {
    const { repository, tag: remote } = to;
    await this.#docker.getImage(tag).tag({ repo: repository, tag: remote });
    const authconfig = { ...login, serveraddress: repository.split('/')[0] ?? '' };
    const image = this.#docker.getImage(repository);
    try {
      await followStream((await image.push({ tag: remote, authconfig })) as Readable, () => {});
    } catch (error) {
      throw new BuildError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Takes a tar of a whole file system in as an image. @throws BuildError with what the engine says */
  async import(tar: Readable, tag: string, changes: readonly string[]): Promise<void> {
    const [repo = '', version = 'latest'] = tag.split(':');
    // dockerode's types leave most of the query out.
    const options = { repo, tag: version, changes: [...changes] } as object;
    await followStream((await this.#docker.importImage(tar, options)) as Readable, () => {});
  }
}

/** The context of the example image, and where it stands. */
export const IMAGE_FOLDER = join(import.meta.dirname, '../../image');

async function followStream(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const { error, stream: text = '' } of readEngineMessages(stream)) {
    if (error !== undefined) throw new BuildError(error.trim());
    for (const line of text.split('\n')) if (line.trim() !== '') onLine(line.trimEnd());
  }
}
