import type { DeployedFunction } from '#contract/deployed-functions.ts';

/** The properties of a bundle that are checked. */
export interface BundleFacts {
  readonly name: string;
  readonly bytes: number;
  /** Path of each source file relative to the project → its bytes in the bundle. */
  readonly inputs: Readonly<Record<string, number>>;
}

/** The function that frontends poll, and its maximum size. It has more cold starts than any other function. */
export const POLL_FUNCTION = 'get-workbench';
export const POLL_FUNCTION_MAX_BYTES = 420_000;

/** Source files of this project that a bundle may contain. */
const ALLOWED_SOURCES =
  /^(core|contract|functions|adapters\/(aws|directories))\/|^adapters\/[a-z-]+\.ts$|^package\.json$/;

/** Packages that a bundle may contain in addition to the clients in contract/deployed-functions.ts. */
const ALLOWED_PACKAGES: ReadonlySet<string> = new Set([
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-sdk/checksums',
  '@aws-sdk/core',
  '@aws-sdk/dynamodb-codec',
  '@aws-sdk/endpoint-cache',
  '@aws-sdk/middleware-endpoint-discovery',
  '@aws-sdk/middleware-sdk-s3',
  '@aws-sdk/middleware-sdk-sqs',
  '@aws-sdk/signature-v4-multi-region',
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
  'croner',
  'jose',
  'mnemonist',
  'obliterator',
  'zod',
]);

/** The builds of zod other than `zod/mini`: at least 93 KB instead of 29, and 10 ms more for each cold start. */
const LARGE_ZOD = /^node_modules\/zod\/(v3|v4\/(classic|locales))\//;

/** Returns the AWS clients in a bundle, sorted by name. */
export function findClients({ inputs }: Pick<BundleFacts, 'inputs'>): readonly string[] {
  const clients = Object.keys(inputs).flatMap((path) => clientOf(packageOf(path) ?? '') ?? []);
  return [...new Set(clients)].sort();
}

/**
 * Returns the problems of the bundles.
 * @param table The clients that each function may contain.
 */
export function checkBundles(
  bundles: readonly BundleFacts[],
  table: Readonly<Record<string, Pick<DeployedFunction, 'clients'>>>,
): readonly string[] {
  const problems = bundles.flatMap((bundle) => {
    const { name, inputs } = bundle;
    const contained = findClients(bundle);
    const allowed: readonly string[] = table[name]?.clients ?? [];
    const forbidden = new Set(Object.keys(inputs).flatMap((path) => findForbiddenInput(path) ?? []));
    return [
      ...contained.filter((client) => !allowed.includes(client)).map(describeForbiddenClient),
      ...allowed.filter((client) => !contained.includes(client)).map(describeMissingClient),
      ...[...forbidden].map((source) => `contains ${source}`),
    ].map((problem) => `${name} ${problem}`);
  });
  const poll = bundles.find(({ name }) => name === POLL_FUNCTION);
  if (poll === undefined) problems.push(`there is no bundle of ${POLL_FUNCTION}`);
  else if (poll.bytes > POLL_FUNCTION_MAX_BYTES) {
    problems.push(
      `${POLL_FUNCTION} has ${toKilobytes(poll.bytes)} KB; the limit is ${toKilobytes(POLL_FUNCTION_MAX_BYTES)}`,
    );
  }
  return problems;
}

/** 1 KB is 1,000 bytes. */
export function toKilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}

function describeForbiddenClient(client: string): string {
  return `contains client-${client}, which contract/deployed-functions.ts does not list for it`;
}

function describeMissingClient(client: string): string {
  return `does not contain client-${client}, which contract/deployed-functions.ts lists for it`;
}

/** Returns the forbidden package or file to which a path belongs, or undefined if the path is allowed. */
function findForbiddenInput(path: string): string | undefined {
  const packageName = packageOf(path);
  if (packageName === undefined) return ALLOWED_SOURCES.test(path) ? undefined : path;
  if (LARGE_ZOD.test(path)) return 'another build of zod than zod/mini';
  return ALLOWED_PACKAGES.has(packageName) || clientOf(packageName) !== undefined ? undefined : packageName;
}

/** Returns the innermost package, because a package can have its own node_modules. */
function packageOf(path: string): string | undefined {
  const start = path.lastIndexOf('node_modules/');
  if (start < 0) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(path.slice(start + 'node_modules/'.length))?.[0];
}

function clientOf(name: string): string | undefined {
  return /^@aws-sdk\/client-(.+)$/.exec(name)?.[1];
}
