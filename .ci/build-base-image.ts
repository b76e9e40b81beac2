/**
 * Builds the base of the example image from packages of Debian or Ubuntu, without an image registry. Then
 * `npm run image:build -- --base workbench-base:latest` builds the example image.
 */
import { EngineUnusable } from '#adapters/local/containers/engine-socket.ts';
import { runTool } from '#tools/command-line.ts';
import { BuildError } from '#tools/image/engine-build.ts';
import { findEngine } from '#tools/image/example-image.ts';
import { buildBaseFromPackages } from './image/base-from-packages.ts';

await runTool(async () => {
  const { engine } = await findEngine();
  await buildBaseFromPackages(engine, 'workbench-base:latest');
}, [BuildError, EngineUnusable]);
