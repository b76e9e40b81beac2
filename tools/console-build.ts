/**
 * Builds the console, the web page that the local server serves, into console/dist. `npm run console:build`. `npm start` runs
 * it when the sources have changed.
 */
import { join } from 'node:path';
import { build } from 'vite';
import {
  CONSOLE_DIST,
  CONSOLE_SOURCES,
  hashConsoleSources,
  writeConsoleStamp,
} from '#local/console/console-build.ts';
import { replaceFolder } from './replace-folder.ts';

// Before the build: after a change of the sources during it, the result is stale.
const sources = await hashConsoleSources();
await replaceFolder(CONSOLE_DIST, async (temporary) => {
  await build({
    configFile: join(CONSOLE_SOURCES, 'vite.config.ts'),
    build: { outDir: temporary, emptyOutDir: false },
  });
  await writeConsoleStamp(temporary, sources);
});
