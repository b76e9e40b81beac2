/**
 * Installs the AWS emulators of `npm run test:aws` (tools/aws-emulators/requirements.txt) into a Python environment
 * next to node_modules. Does nothing if they are installed.
 */
import { EMULATORS } from './aws-emulators/environment.ts';
import { InstallError, installPythonEnvironment } from './python/environment.ts';

try {
  await installPythonEnvironment(EMULATORS);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
