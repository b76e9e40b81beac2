/**
 * `npm run image:build`: builds the example workbench image on the container engine of this machine (the one
 * that `WB_DOCKER_SOCKET` or `DOCKER_HOST` names, otherwise the first that is found).
 *
 *   node tools/build-image.ts [--tag NAME] [--base auto|registry|packages]
 *
 * Its base comes from a registry, or, where none is reached, from this distribution's packages.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Engine } from '#adapters/local/containers/engine.ts';
import { EngineUnusable, findSocket } from '#adapters/local/containers/engine-socket.ts';
import { EXAMPLE_IMAGE } from '#local/settings.ts';
import { baseFromPackages } from './image/base-from-packages.ts';
import { BuildError, IMAGE_FOLDER, ImageEngine } from './image/engine-build.ts';

const BASE = 'workbench-base:latest';
const NODE = 'docker.io/library/node:24-bookworm-slim';
const BASES = ['auto', 'registry', 'packages'];

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: EXAMPLE_IMAGE },
    base: { type: 'string', default: 'auto' },
  },
});

try {
  await build(values.tag, values.base);
} catch (error) {
  if (!(error instanceof BuildError) && !(error instanceof EngineUnusable)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function build(tag: string, base: string): Promise<void> {
  if (!BASES.includes(base)) throw new BuildError(`--base is one of ${BASES.join(', ')}`);
  const { WB_DOCKER_SOCKET, DOCKER_HOST, HOME, XDG_RUNTIME_DIR } = process.env;
  const socket = findSocket({
    socket: WB_DOCKER_SOCKET || undefined,
    dockerHost: DOCKER_HOST || undefined,
    home: HOME,
    runtimeDir: XDG_RUNTIME_DIR,
  });
  const { name } = await new Engine(socket).facts();
  console.log(`Building ${tag} with ${name} at ${socket}`);
  const engine = new ImageEngine(socket);
  if (base === 'packages' || (base === 'auto' && !(await reachesRegistry(engine)))) {
    await baseFromPackages(engine, BASE);
  } else {
    await engine.build({
      tag: BASE,
      context: join(import.meta.dirname, 'ide'),
      dockerfile: 'base.Dockerfile',
      arguments: { NODE },
    });
  }
  await engine.build({ tag, context: IMAGE_FOLDER, dockerfile: 'Dockerfile', arguments: { BASE } });
  const size = Math.round((await engine.sizeOf(tag)) / 1e6);
  console.log(`${tag} is built: ${size} MB. Workbenches run it with WB_LOCAL_RUNTIME=docker npm start`);
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
