import { describe, expect, it } from 'vitest';
import {
  type BundleFacts,
  checkBundles,
  findClients,
  POLL_FUNCTION,
  POLL_FUNCTION_MAX_BYTES,
} from '#tools/bundles/check-bundles.ts';

const GOOD: BundleFacts = {
  name: POLL_FUNCTION,
  bytes: POLL_FUNCTION_MAX_BYTES,
  inputs: {
    'functions/api/workbenches.ts': 1,
    'core/errors.ts': 1,
    'contract/parameters.ts': 1,
    'adapters/aws/dynamodb/client.ts': 1,
    'adapters/system-clock.ts': 1,
    'node_modules/zod/v4/mini/schemas.js': 1,
    'node_modules/zod/v4/core/schemas.js': 1,
    'node_modules/@aws-sdk/client-dynamodb/dist-es/DynamoDBClient.js': 1,
    'node_modules/@smithy/core/dist-es/index.js': 1,
  },
};
const TABLE = { [POLL_FUNCTION]: { clients: ['dynamodb'] } } as const;

/** Returns the problems of a bundle that also contains this file. */
function withFile(path: string): readonly string[] {
  return checkBundles([{ ...GOOD, inputs: { ...GOOD.inputs, [path]: 1 } }], TABLE);
}

describe('checkBundles', () => {
  it('accepts a valid bundle', () => {
    expect(checkBundles([GOOD], TABLE)).toEqual([]);
    expect(findClients(GOOD)).toEqual(['dynamodb']);
  });

  it.each([
    ['node_modules/@aws-sdk/client-ec2/dist-es/EC2Client.js', 'contains client-ec2, which contract'],
    ['node_modules/a/node_modules/@aws-sdk/client-ec2/index.js', 'contains client-ec2, which contract'],
    ['node_modules/@aws-sdk/nested-clients/dist-es/sts.js', 'contains @aws-sdk/nested-clients'],
    ['node_modules/@aws-sdk/credential-provider-node/index.js', 'contains @aws-sdk/credential-provider-node'],
    ['node_modules/zod/v4/classic/schemas.js', 'contains another build of zod than zod/mini'],
    ['node_modules/zod/v4/locales/en.js', 'contains another build of zod than zod/mini'],
    ['node_modules/dynalite/index.js', 'contains dynalite'],
    ['node_modules/aws-cdk-lib/index.js', 'contains aws-cdk-lib'],
    ['node_modules/dockerode/lib/docker.js', 'contains dockerode'],
    ['adapters/local/sqlite/database.ts', 'contains adapters/local/sqlite/database.ts'],
    ['local/server.ts', 'contains local/server.ts'],
    ['lib/api-stack.ts', 'contains lib/api-stack.ts'],
    ['test/functions/call-api.ts', 'contains test/functions/call-api.ts'],
  ])('reports %s', (path, problem) => {
    expect(withFile(path)).toEqual([expect.stringContaining(`${POLL_FUNCTION} ${problem}`)]);
  });

  it('reports a package once, also with several files', () => {
    const inputs = { ...GOOD.inputs, 'node_modules/dynalite/a.js': 1, 'node_modules/dynalite/b.js': 1 };
    expect(checkBundles([{ ...GOOD, inputs }], TABLE)).toHaveLength(1);
  });

  it('reports a listed client that the bundle does not contain', () => {
    const table = { [POLL_FUNCTION]: { clients: ['dynamodb', 'sqs'] } } as const;
    expect(checkBundles([GOOD], table)).toEqual([
      `${POLL_FUNCTION} does not contain client-sqs, which contract/deployed-functions.ts lists for it`,
    ]);
  });

  it('reports every client of a function that is not listed', () => {
    expect(checkBundles([GOOD], {})).toHaveLength(1);
  });

  it('reports a polled function that is too large or missing', () => {
    expect(checkBundles([{ ...GOOD, bytes: POLL_FUNCTION_MAX_BYTES + 1 }], TABLE)).toEqual([
      `${POLL_FUNCTION} has 420 KB; the limit is 420`,
    ]);
    expect(checkBundles([], TABLE)).toEqual([`there is no bundle of ${POLL_FUNCTION}`]);
  });
});
