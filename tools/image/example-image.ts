import { join } from 'node:path';
import { Engine } from '#adapters/local/containers/engine.ts';
import { findSocket } from '#adapters/local/containers/engine-socket.ts';
import { buildBaseFromPackages } from '../../.ci/image/base-from-packages.ts';
import { BuildError, IMAGE_FOLDER, ImageEngine } from './engine-build.ts';

const BASE = 'workbench-base:latest';
const NODE = 'docker.io/library/node:24-bookworm-slim';

/** Where the base of the image comes from; `auto`: from a registry when one is reached. */
export const BASES = ['auto', 'registry', 'packages'] as const;
export type Base = (typeof BASES)[number];

export function isBase(text: string): text is Base {
  return (BASES as readonly string[]).includes(text);
}

/**
 * The container engine of this machine: the one that `WB_DOCKER_SOCKET` or `DOCKER_HOST` names, otherwise the
 * first that is found.
 * @throws EngineUnusable
 */
export async function findEngine(): Promise<{ readonly engine: ImageEngine; readonly called: string }> {
  const { WB_DOCKER_SOCKET, DOCKER_HOST, HOME, XDG_RUNTIME_DIR } = process.env;
  const socket = findSocket({
    socket: WB_DOCKER_SOCKET || undefined,
    dockerHost: DOCKER_HOST || undefined,
    home: HOME,
    runtimeDir: XDG_RUNTIME_DIR,
  });
  const { name } = await new Engine(socket).readInfo();
  return { engine: new ImageEngine(socket), called: `${name} at ${socket}` };
}

/** Builds the example workbench image. @throws BuildError with what the engine says */
export async function buildExampleImage(engine: ImageEngine, tag: string, base: Base): Promise<void> {
  if (base === 'packages' || (base === 'auto' && !(await reachesRegistry(engine)))) {
    await buildBaseFromPackages(engine, BASE);
  } else {
    await engine.build({
      tag: BASE,
      context: join(IMAGE_FOLDER, 'base'),
      dockerfile: 'Dockerfile',
      arguments: { NODE },
    });
  }
  await engine.build({ tag, context: IMAGE_FOLDER, dockerfile: 'Dockerfile', arguments: { BASE } });
}

async function reachesRegistry(engine: ImageEngine): Promise<boolean> {
  try {
    await engine.pull(NODE);
    return true;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.log(`${NODE} cannot be fetched (${error.message}).`);
    console.log("The image's base is made from this distribution's packages instead.");
    return false;
  }
}
