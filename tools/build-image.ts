/**
 * `npm run image:build`: builds the example workbench image on the container engine of this machine (the one
 * that `WB_DOCKER_SOCKET` or `DOCKER_HOST` names, otherwise the first that is found).
 *
 *   node tools/build-image.ts [--tag NAME] [--base auto|registry|packages]
 *
 * Its base comes from a registry, or, where none is reached, from this distribution's packages.
 */
import { parseArgs } from 'node:util';
import { EngineUnusable } from '#adapters/local/containers/engine-socket.ts';
import { EXAMPLE_IMAGE } from '#local/settings.ts';
import { BuildError } from './image/engine-build.ts';
import { BASES, buildExampleImage, findEngine, isBase } from './image/example-image.ts';

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
  if (!isBase(base)) throw new BuildError(`--base is one of ${BASES.join(', ')}`);
  const { engine, called } = await findEngine();
  console.log(`Building ${tag} with ${called}`);
  await buildExampleImage(engine, tag, base);
  const size = Math.round((await engine.sizeOf(tag)) / 1e6);
  console.log(`${tag} is built: ${size} MB. Workbenches run it with WB_LOCAL_RUNTIME=docker npm start`);
}
