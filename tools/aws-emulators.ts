/**
 * Installs the emulators of AWS behind `npm run test:aws` (tools/aws-emulators/requirements.txt) into a Python
 * environment beside node_modules. Done before, it does nothing.
 */
import { InstallError, installEmulators } from './aws-emulators/environment.ts';

try {
  await installEmulators();
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
