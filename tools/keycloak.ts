/**
 * Installs Keycloak for `npm run test:gate` into a folder next to node_modules. Does nothing if it is installed. Asks
 * nothing.
 */
import { installKeycloak, KeycloakInstallError } from './keycloak/installation.ts';

try {
  await installKeycloak();
} catch (error) {
  if (!(error instanceof KeycloakInstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
