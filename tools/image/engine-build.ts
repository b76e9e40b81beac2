import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { readEngineMessages } from '#adapters/local/containers/engine-responses.ts';
import { type FactsOptions, type ImageFacts, readImageFacts } from './image-facts.ts';

/** An image could not be built, pulled or pushed. The message is for the user of the tool. */
export class BuildError extends Error {}

export interface Build {
  readonly tag: string;
  /** The folder to send to the engine. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  /** Names in the context that are not sent. @default none */
  readonly exclude?: readonly string[];
  readonly arguments?: Readonly<Record<string, string>>;
  /** Such as `linux/arm64`. @default that of the engine */
  readonly platform?: string;
}

/** The location of an image in a registry. */
export interface RegistryImage {
  /** Including the registry: `111122223333.dkr.ecr.us-west-1.amazonaws.com/workbench`. */
  readonly repository: string;
  readonly tag: string;
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Builds, inspects and pushes images through the Docker API. */
export class ImageEngine {
  readonly #docker: Docker;

  constructor(socketPath: string) {
    this.#docker = new Docker({ socketPath });
  }

  /** Returns the labels of an image, or undefined if the image does not exist. */
  async labelsOf(tag: string): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      return (await this.#docker.getImage(tag).inspect()).Config.Labels ?? {};
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
      throw error;
    }
  }

  /** Reads an image without running it. Undefined if the engine does not have it. */
  readFacts(tag: string, about: FactsOptions): Promise<ImageFacts | undefined> {
    return readImageFacts(this.#docker, tag, about);
  }

  /** In bytes. */
  async sizeOf(tag: string): Promise<number> {
    return (await this.#docker.getImage(tag).inspect()).Size;
  }

  /** @throws BuildError With the message of the engine. */
  async build(build: Build): Promise<void> {
    const { tag, context, dockerfile, exclude = [], arguments: buildargs = {}, platform } = build;
    const src = (await readdir(context)).filter((name) => !exclude.includes(name));
    const options = {
      t: tag,
      dockerfile,
      buildargs: { ...buildargs },
      rm: true,
      forcerm: true,
      ...(platform === undefined ? {} : { platform }),
    };
    const stream = await this.#docker.buildImage({ context, src }, options);
    await followStream(stream as Readable, (line) => process.stdout.write(`  ${line}\n`));
  }

  /**
   * Pushes an image to a registry. The login is part of this request and is not stored.
   * @throws BuildError With the message of the engine or the registry.
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

  /** Imports a tar of a root file system as an image. @throws BuildError With the message of the engine. */
  async import(tar: Readable, tag: string, changes: readonly string[]): Promise<void> {
    const [repo = '', version = 'latest'] = tag.split(':');
    // dockerode's types lack most of the query parameters.
    const options = { repo, tag: version, changes: [...changes] } as object;
    await followStream((await this.#docker.importImage(tar, options)) as Readable, () => {});
  }
}

/** The build context of the example image. */
export const IMAGE_FOLDER = join(import.meta.dirname, '../../image');

async function followStream(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const { error, stream: text = '' } of readEngineMessages(stream)) {
    if (error !== undefined) throw new BuildError(error.trim());
    for (const line of text.split('\n')) if (line.trim() !== '') onLine(line.trimEnd());
  }
}
