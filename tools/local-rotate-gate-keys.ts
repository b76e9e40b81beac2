/**
 * `npm run local:rotate-gate-keys`: replaces the key that seals the cookies of the gate, while no server runs.
 */

import { openDataFolder } from '#local/data-folder.ts';
import { rotateGateKeys } from '#local/secret-files.ts';
import { Shutdown } from '#local/shutdown.ts';
import { parseOptions, runTool } from './command-line.ts';
import { readDataDir, SETTINGS_ERRORS } from './local/data-folder.ts';

const HELP = `npm run local:rotate-gate-keys

Replaces the key that seals the sessions of users at the gate of local mode, while no server runs. Sessions that the
replaced key has sealed stay valid; those of the key before it end. Twice in a row it ends all sessions. A key that is
older than 30 days is replaced at each start.
`;

await runTool(async () => {
  const { help } = parseOptions(process.argv.slice(2), { help: { type: 'boolean', default: false } });
  if (help) {
    console.log(HELP);
    return;
  }
  const dataDir = readDataDir();
  const shutdown = new Shutdown();
  try {
    await openDataFolder(dataDir, shutdown);
    await rotateGateKeys(dataDir, Date.now());
  } finally {
    await shutdown.run();
  }
  console.log(`The key of the gate in ${dataDir} was replaced.`);
}, SETTINGS_ERRORS);
