import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import { gatewayEvent } from '#test/functions/call-api.ts';
import { ENVIRONMENT } from '#test/functions/wiring/deployed-settings.ts';
import { bundleFunctions, type FunctionBundle } from '#tools/bundle.ts';
import { checkBundles } from '#tools/bundles/check-bundles.ts';
import { type EmbeddedTable, openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';
import { type FakeAwsServices, startFakeAwsServices } from './fake-aws-services.ts';
import { invokeBundle } from './invoke-bundle.ts';

const STATIC_KEY = 'a-static-key-for-bundles';

let folder: string;
let bundles: readonly FunctionBundle[];
let table: EmbeddedTable;
let aws: FakeAwsServices;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
  [bundles, table, aws] = await Promise.all([
    bundleFunctions(folder),
    openEmbeddedTable(),
    startFakeAwsServices(),
  ]);
});
afterAll(async () => {
  await table.close();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

/** Returns the environment of a deployed function: only the settings that it reads. */
function environmentOf(name: FunctionName): Record<string, string> {
  const { credentials } = table.clientOptions;
  const reads: readonly string[] = DEPLOYED[name].reads;
  // The SDK uses the queue URL as endpoint.
  const settings = { ...ENVIRONMENT, WB_QUEUE_URL: `${aws.endpoint}/123456789012/work` };
  return {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    AWS_ENDPOINT_URL: aws.endpoint,
    ...Object.fromEntries(Object.entries(settings).filter(([setting]) => reads.includes(setting))),
  };
}

function invoke(name: FunctionName, event: unknown) {
  return invokeBundle(join(folder, name, 'index.js'), event, environmentOf(name));
}

describe('the bundles', () => {
  it('contain only allowed packages and files', () => {
    expect(checkBundles(bundles, DEPLOYED)).toEqual([]);
  });

  it('are folders with the function and a source map without sources', async () => {
    expect(bundles.map(({ name }) => name)).toEqual(Object.keys(DEPLOYED));
    for (const bundle of bundles) {
      expect(existsSync(join(bundle.folder, 'index.js')), bundle.name).toBe(true);
      const map = JSON.parse(await readFile(join(bundle.folder, 'index.js.map'), 'utf8'));
      expect(map.sourcesContent ?? [], bundle.name).toEqual([]);
    }
  });

  it('load without an environment and without side effects', async () => {
    const all = join(folder, 'all.js');
    const loading = bundles.map(({ name }) => `typeof require('./${name}/index.js').handler`);
    await writeFile(all, `const loaded = [${loading}]; exports.handler = async () => loaded;`);
    const { result, log } = await invokeBundle(all, undefined, {});
    expect(result).toEqual(bundles.map(() => 'function'));
    expect(log.trim()).toBe('');
  });
});

describe('the bundled functions', () => {
  it('create, list, read and drive a workbench', async () => {
    const created = await invoke('create-workbench', gatewayEvent({ query: 'user_id=ada', body: {} }));
    expect(created.result.statusCode, created.log).toBe(201);
    const { workbench_id: wid } = JSON.parse(created.result.body).item;
    expect(aws.sent.map((body) => JSON.parse(body))).toEqual([{ userId: 'ada', workbenchId: wid }]);

    const [polled, listed, missing, driven] = await Promise.all([
      invoke('get-workbench', gatewayEvent({ query: 'user_id=ada', wid })),
      invoke('list-workbenches', gatewayEvent({ query: 'user_id=ada' })),
      invoke('get-workbench', gatewayEvent({ query: 'user_id=eve', wid })),
      invoke('drive', { Records: [{ messageId: 'm1', body: aws.sent[0] }] }),
    ]);
    expect(JSON.parse(polled.result.body).item).toMatchObject({
      workbench_id: wid,
      public_endpoint: `https://wb.example.com/project/${wid}`,
    });
    expect(JSON.parse(listed.result.body).items).toHaveLength(1);
    expect(missing.result.statusCode).toBe(404);
    expect(driven.result).toEqual({ batchItemFailures: [] });
    expect(driven.log).toContain('"effect":"ensure_volume"');
    expect(driven.log).toContain('"function_request_id":"request-1"');
  });

  it('result 500 with an error of the contract if settings are missing', async () => {
    const file = join(folder, 'get-workbench', 'index.js');
    const { result, log } = await invokeBundle(file, gatewayEvent({ query: 'user_id=ada' }), {});
    expect(result.statusCode).toBe(500);
    expect(JSON.parse(result.body).error.code).toBe('internal');
    expect(log).toContain('BASE_URL: is required');
  });

  it('authorize only the key in the secret', async () => {
    aws.secret = JSON.stringify({ static_key: STATIC_KEY });
    const authorize = (token: string) => invoke('authorizer', { identitySource: [`Bearer ${token}`] });
    const [right, wrong] = await Promise.all([authorize(STATIC_KEY), authorize('another-key-altogether')]);
    expect(right.result).toEqual({ isAuthorized: true, context: { kind: 'static_key' } });
    expect(wrong.result).toEqual({ isAuthorized: false, context: { reason: 'invalid_static_key' } });
    expect(right.log + wrong.log).not.toContain(STATIC_KEY);
  });

  it('fail if the secret cannot be read, because API Gateway would cache a refusal', async () => {
    aws.secret = undefined;
    const unreachable = await invoke('authorizer', { identitySource: [`Bearer ${STATIC_KEY}`] });
    expect(unreachable.error).toBe('Error: authorizer failed');
    aws.secret = 'hunter2-is-no-json';
    const unreadable = await invoke('authorizer', { identitySource: [`Bearer ${STATIC_KEY}`] });
    expect(unreadable.error).toBe('Error: authorizer failed');
    expect(unreadable.log).toContain('the secret must be a JSON object');
    expect(unreachable.log + unreadable.log).not.toMatch(/hunter2|a-static-key/);
  });
});
