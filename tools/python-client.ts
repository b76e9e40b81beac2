/**
 * Generates the code of clients/python from docs/api.yaml: `npm run generate:python`. With `--check` it writes nothing, and fails
 * if the code is stale. Installs the generator (tools/python-client/requirements.txt) into a Python environment next to
 * node_modules, if it is not installed.
 */

import { InstallError, installPythonEnvironment } from './python/environment.ts';
import { CLIENT_GENERATOR } from './python-client/environment.ts';
import { findStaleFiles, GENERATED, generatePythonClient } from './python-client/generate.ts';

try {
  await installPythonEnvironment(CLIENT_GENERATOR);
  if (process.argv.includes('--check')) {
    const stale = findStaleFiles();
    if (stale.length > 0) {
      console.error(`The code of clients/python is stale: npm run generate:python\n${stale.join('\n')}`);
      process.exitCode = 1;
    }
  } else generatePythonClient(GENERATED);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
