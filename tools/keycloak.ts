/**
 * Installs Keycloak for `npm run test:gate` into a folder next to node_modules. Does nothing if it is installed. Asks
 * nothing.
 */
import { InstallError, installKeycloak } from './keycloak/installation.ts';

try {
  await installKeycloak();
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
