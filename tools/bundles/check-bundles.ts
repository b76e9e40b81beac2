import type { DeployedFunction } from '#contract/deployed-functions.ts';

/** What is looked at of a bundle. */
export interface BundleFacts {
  readonly name: string;
  readonly bytes: number;
  /** Files below the root of the project, by the bytes of them that are in it. */
  readonly inputs: Readonly<Record<string, number>>;
}

/** The function that frontends poll, and what it may weigh, in bytes: it is started cold more often than any other. */
export const POLL_FUNCTION = 'get-workbench';
export const POLL_FUNCTION_MAX_BYTES = 420_000;

/** Our own files that may be in a bundle. */
const ALLOWED_SOURCES =
  /^(core|contract|functions|adapters\/(aws|directories))\/|^adapters\/[a-z-]+\.ts$|^package\.json$/;

/** The packages that may be in one, beside the clients that its row in contract/deployed-functions.ts names. */
const ALLOWED_PACKAGES: ReadonlySet<string> = new Set([
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-sdk/core',
  '@aws-sdk/dynamodb-codec',
  '@aws-sdk/endpoint-cache',
  '@aws-sdk/middleware-endpoint-discovery',
  '@aws-sdk/middleware-sdk-sqs',
  '@aws-sdk/util-dynamodb',
  '@aws-sdk/xml-builder',
  '@aws/lambda-invoke-store',
  '@middy/core',
  '@middy/http-json-body-parser',
  '@middy/util',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
  'jose',
  'mnemonist',
  'obliterator',
  'zod',
]);

/** The builds of zod beside `zod/mini`: 93 KB and more instead of 29, and 10 ms of each cold start. */
const LARGE_ZOD = /^node_modules\/zod\/(v3|v4\/(classic|locales))\//;

/** The clients of AWS that a bundle carries, in order of their names. */
export function findClients({ inputs }: Pick<BundleFacts, 'inputs'>): readonly string[] {
  const clients = Object.keys(inputs).flatMap((path) => clientOf(packageOf(path) ?? '') ?? []);
  return [...new Set(clients)].sort();
}

/**
 * What is wrong with the bundles; empty when all is well.
 * @param table what each function may carry
 */
export function checkBundles(
  bundles: readonly BundleFacts[],
  table: Readonly<Record<string, Pick<DeployedFunction, 'clients'>>>,
): readonly string[] {
  const faults = bundles.flatMap((bundle) => {
    const { name, inputs } = bundle;
    const carried = findClients(bundle);
    const allowed: readonly string[] = table[name]?.clients ?? [];
    const strangers = new Set(Object.keys(inputs).flatMap((path) => findForbiddenInput(path) ?? []));
    return [
      ...carried.filter((client) => !allowed.includes(client)).map(describeForbiddenClient),
      ...allowed.filter((client) => !carried.includes(client)).map(describeMissingClient),
      ...[...strangers].map((what) => `carries ${what}`),
    ].map((fault) => `${name} ${fault}`);
  });
  const poll = bundles.find(({ name }) => name === POLL_FUNCTION);
  if (poll === undefined) faults.push(`there is no ${POLL_FUNCTION}`);
  else if (poll.bytes > POLL_FUNCTION_MAX_BYTES) {
    faults.push(
      `${POLL_FUNCTION} has ${toKilobytes(poll.bytes)} KB, more than ${toKilobytes(POLL_FUNCTION_MAX_BYTES)}`,
    );
  }
  return faults;
}

/** Thousands of bytes. */
export function toKilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}

function describeForbiddenClient(client: string): string {
  return `carries client-${client}, which its row in contract/deployed-functions.ts does not name`;
}

function describeMissingClient(client: string): string {
  return `does not carry client-${client}, which its row in contract/deployed-functions.ts names`;
}

/** What this file is of, when nothing of that belongs into a bundle. */
function findForbiddenInput(path: string): string | undefined {
  const from = packageOf(path);
  if (from === undefined) return ALLOWED_SOURCES.test(path) ? undefined : path;
  if (LARGE_ZOD.test(path)) return 'more of zod than zod/mini';
  return ALLOWED_PACKAGES.has(from) || clientOf(from) !== undefined ? undefined : from;
}

/** The innermost package: one may have another of its own. */
function packageOf(path: string): string | undefined {
  const at = path.lastIndexOf('node_modules/');
  if (at < 0) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(path.slice(at + 'node_modules/'.length))?.[0];
}

function clientOf(name: string): string | undefined {
  return /^@aws-sdk\/client-(.+)$/.exec(name)?.[1];
}
