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
    'functions/api/get-workbench.ts': 1,
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

/** What is wrong when this is in the bundle too. */
function withFile(path: string): readonly string[] {
  return checkBundles([{ ...GOOD, inputs: { ...GOOD.inputs, [path]: 1 } }], TABLE);
}

describe('the check of bundles', () => {
  it('finds nothing in a good one', () => {
    expect(checkBundles([GOOD], TABLE)).toEqual([]);
    expect(findClients(GOOD)).toEqual(['dynamodb']);
  });

  it.each([
    ['node_modules/@aws-sdk/client-ec2/dist-es/EC2Client.js', 'carries client-ec2, which its row'],
    ['node_modules/a/node_modules/@aws-sdk/client-ec2/index.js', 'carries client-ec2, which its row'],
    ['node_modules/@aws-sdk/nested-clients/dist-es/sts.js', 'carries @aws-sdk/nested-clients'],
    ['node_modules/@aws-sdk/credential-provider-node/index.js', 'carries @aws-sdk/credential-provider-node'],
    ['node_modules/zod/v4/classic/schemas.js', 'carries more of zod than zod/mini'],
    ['node_modules/zod/v4/locales/en.js', 'carries more of zod than zod/mini'],
    ['node_modules/dynalite/index.js', 'carries dynalite'],
    ['node_modules/aws-cdk-lib/index.js', 'carries aws-cdk-lib'],
    ['node_modules/dockerode/lib/docker.js', 'carries dockerode'],
    ['adapters/local/embedded-table.ts', 'carries adapters/local/embedded-table.ts'],
    ['local/server.ts', 'carries local/server.ts'],
    ['lib/api-stack.ts', 'carries lib/api-stack.ts'],
    ['test/functions/call-api.ts', 'carries test/functions/call-api.ts'],
  ])('finds %s', (path, fault) => {
    expect(withFile(path)).toEqual([expect.stringContaining(`${POLL_FUNCTION} ${fault}`)]);
  });

  it('names a package once, however many of its files there are', () => {
    const inputs = { ...GOOD.inputs, 'node_modules/dynalite/a.js': 1, 'node_modules/dynalite/b.js': 1 };
    expect(checkBundles([{ ...GOOD, inputs }], TABLE)).toHaveLength(1);
  });

  it('finds a client that a function may carry and does not', () => {
    const table = { [POLL_FUNCTION]: { clients: ['dynamodb', 'sqs'] } } as const;
    expect(checkBundles([GOOD], table)).toEqual([
      `${POLL_FUNCTION} does not carry client-sqs, which its row in contract/deployed-functions.ts names`,
    ]);
  });

  it('finds every client of a function that has no row', () => {
    expect(checkBundles([GOOD], {})).toHaveLength(1);
  });

  it('finds that the function which is polled weighs too much, or is missing', () => {
    expect(checkBundles([{ ...GOOD, bytes: POLL_FUNCTION_MAX_BYTES + 1 }], TABLE)).toEqual([
      `${POLL_FUNCTION} has 420 KB, more than 420`,
    ]);
    expect(checkBundles([], TABLE)).toEqual([`there is no ${POLL_FUNCTION}`]);
  });
});
