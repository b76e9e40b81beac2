/**
 * Installs schemathesis (tools/schemathesis/requirements.txt) for `npm run test:attack` into a Python environment next
 * to node_modules. Does nothing if it is installed.
 */
import { InstallError, installPythonEnvironment } from './python/environment.ts';
import { SCHEMATHESIS } from './schemathesis/environment.ts';

try {
  await installPythonEnvironment(SCHEMATHESIS);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
