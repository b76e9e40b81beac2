/**
 * Installs Traefik and nginx for `npm run test:gate` into folders next to node_modules. Does nothing if they are
 * installed. Asks nothing.
 */
import { installNginx, NginxInstallError } from './nginx/installation.ts';
import { InstallError, installPythonEnvironment } from './python/environment.ts';
import { TRAEFIK } from './traefik/environment.ts';

try {
  await installPythonEnvironment(TRAEFIK);
  await installNginx();
} catch (error) {
  if (!(error instanceof InstallError || error instanceof NginxInstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
