/**
 * `npm run image:build`: builds the example workbench image with the container engine at `WB_DOCKER_SOCKET` or
 * `DOCKER_HOST`, otherwise the first one on this computer.
 *
 *   node tools/build-image.ts [--tag NAME] [--base IMAGE]
 *
 * Without `--base` the base is built from image/base/Dockerfile, which needs a registry.
 */
import { EngineUnusable } from '#adapters/local/containers/engine-socket.ts';
import { EXAMPLE_IMAGE } from '#local/local-settings.ts';
import { parseOptions, runTool } from './command-line.ts';
import { BuildError } from './image/engine-build.ts';
import { buildExampleImage, findEngine } from './image/example-image.ts';
import { checkImageName } from './image/push-arguments.ts';

await runTool(async () => {
  const { tag, base } = parseOptions(process.argv.slice(2), {
    tag: { type: 'string', default: EXAMPLE_IMAGE },
    base: { type: 'string' },
  });
  checkImageName('--base', base);
  const { engine, description } = await findEngine();
  console.log(`Building ${tag} with ${description}`);
  await buildExampleImage(engine, tag, base);
  const size = Math.round((await engine.sizeOf(tag)) / 1e6);
  console.log(`Built ${tag} (${size} MB). WB_LOCAL_RUNTIME=docker npm start runs workbenches in it.`);
}, [BuildError, EngineUnusable]);
