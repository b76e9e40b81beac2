/** Names that several stacks, or stacks and `npm run deploy`, share. Without imports, so that the command does not load CDK. */

/**
 * The parts of an installation, each with a stack `<installation>-<part>`. Each stack uses only those before it. Only an
 * installation that exports its audit has `audit`, only one that publishes events `events`, only one with a gate `gateway`, and only one with the console `console`.
 */
export const PARTS = [
  'network',
  'data',
  'cluster',
  'api',
  'monitoring',
  'audit',
  'events',
  'gateway',
  'console',
] as const;
export type Part = (typeof PARTS)[number];

/**
 * Context key with the parts whose stacks are created without protection, separated by commas. `npm run deploy` names
 * those that do not exist yet: CloudFormation could neither roll back nor delete a failed first creation otherwise. A
 * second deployment turns the protection on.
 */
export const UNPROTECTED = 'unprotected';

/**
 * Name of a function in AWS. The names are fixed, so that other stacks need no references to the functions.
 * @param name as in contract/deployed-functions.ts, for janitors with their number
 */
export function functionNameOf(installation: string, name: string): string {
  return `${installation}-${name}`;
}

/** Name of the log group with the output of workbenches. It is fixed, so that policies can name its streams. */
export function workbenchLogsOf(installation: string): string {
  return `/${installation}/workbenches`;
}

/** Name of the bus of an installation with a bus of its own. It is fixed, so that rules of other systems can name it. */
export function eventBusNameOf(installation: string): string {
  return `${installation}-events`;
}

/**
 * Name of the backup vault of an installation. The name is fixed, so that `npm run deploy` can find the vault of an
 * earlier installation.
 */
export function backupVaultNameOf(installation: string): string {
  return `${installation}-files`;
}
