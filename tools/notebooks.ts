/**
 * Installs JupyterLab and marimo (tools/notebooks/requirements.txt) for `npm run test:e2e` and `npm run test:gate` into a Python
 * environment next to node_modules. Does nothing if they are installed. `npm start` does not use them.
 */
import { NOTEBOOKS } from './notebooks/environment.ts';
import { InstallError, installPythonEnvironment } from './python/environment.ts';

try {
  await installPythonEnvironment(NOTEBOOKS);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
