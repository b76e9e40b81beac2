import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, ArnFormat } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { addStacks } from '#lib/add-stacks.ts';
import type { Template, Templates } from '#lib/checks/template.ts';
import { ClusterStack } from '#lib/cluster-stack.ts';
import { DataStack } from '#lib/data-stack.ts';
import { GatewayStack } from '#lib/gateway-stack.ts';
import { NetworkStack } from '#lib/network-stack.ts';
import type { GatewaySettings } from '#lib/settings/gateway.ts';
import type { StageSettings } from '#lib/settings/stage.ts';

/**
 * Returns the templates of a stage, without the code of the functions and without the checks of `npm run synth`.
 */
export async function synthesizeStage(settings: StageSettings): Promise<readonly Template[]> {
  return [...(await synthesizeByStack(settings)).values()];
}

/** Returns the templates by stack name. */
export function synthesizeByStack(settings: StageSettings): Promise<Templates> {
  return synthesizeOnce(
    'all',
    settings,
    (app, bundles, consoleFolder) => void addStacks(app, settings, bundles, consoleFolder),
  );
}

/**
 * Returns the templates of all stacks but that of the API, by stack name, in a fraction of the time. They lack the
 * exports that the stack of the API imports.
 */
export function synthesizeWithoutApi(settings: StageSettings): Promise<Templates> {
  return synthesizeOnce('without API', settings, (app) => {
    const { network } = new NetworkStack(app, settings);
    new DataStack(app, settings, network);
    new ClusterStack(app, settings, network);
  });
}

/**
 * Returns the templates of all stacks but those of the API and the alarms, with the stack of the gate, in a fraction of the
 * time.
 * @param secret ARN of the secret with the keys of the API
 */
export function synthesizeGateWithoutApi(
  settings: StageSettings,
  gate: GatewaySettings,
  secret: string,
): Promise<Templates> {
  return synthesizeOnce(`gate without API ${secret}`, settings, (app) => {
    const { network } = new NetworkStack(app, settings);
    const data = new DataStack(app, settings, network);
    const cluster = new ClusterStack(app, settings, network);
    const topic = data.formatArn({ service: 'sns', resource: 'alarms' });
    const runKeys = data.formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: 'run-keys',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const alarmTopic = Topic.fromTopicArn(data, 'AlarmTopic', topic);
    const api = { url: settings.baseUrl, secret, runKeys, alarmTopic };
    new GatewayStack(app, settings, { gate, network, data, cluster, api });
  });
}

/** Returns the template of the network alone, in a fraction of the time. */
export async function synthesizeNetwork(settings: StageSettings): Promise<readonly Template[]> {
  const templates = await synthesizeOnce('network', settings, (app) => void new NetworkStack(app, settings));
  return [...templates.values()];
}

/** Cache of this process. Docs, costs and tests need the same stages many times. */
const synthesized = new Map<string, Promise<Templates>>();

function synthesizeOnce(
  stacks: string,
  settings: StageSettings,
  add: (app: App, bundles: string, consoleFolder: string) => void,
): Promise<Templates> {
  const key = `${stacks} ${JSON.stringify(settings)}`;
  const templates = synthesized.get(key) ?? synthesize(add);
  synthesized.set(key, templates);
  return templates;
}

async function synthesize(
  add: (app: App, bundles: string, consoleFolder: string) => void,
): Promise<Templates> {
  const folder = await mkdtemp(join(tmpdir(), 'workbench-templates-'));
  try {
    const app = new App({
      // Like the CLI: the path gives a resource a readable name.
      context: {
        ...readCdkContext(),
        'aws:cdk:enable-path-metadata': true,
        // The bundles are empty: nothing is copied.
        'aws:cdk:disable-asset-staging': true,
      },
      outdir: join(folder, 'out'),
      analyticsReporting: false,
      // No template contains these, and they take a sixth of the time.
      treeMetadata: false,
      stackTraces: false,
    });
    add(app, createEmptyBundles(folder), createEmptyConsole(folder));
    const { stacks } = withoutValidation(() => app.synth());
    return new Map(stacks.map(({ stackName, template }) => [stackName, template as Template]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the context in cdk.json, which otherwise only the CLI reads. */
export function readCdkContext(): Record<string, unknown> {
  const text = readFileSync(join(import.meta.dirname, '../cdk.json'), 'utf8');
  return (JSON.parse(text) as { context: Record<string, unknown> }).context;
}

/** Creates a folder with an empty bundle for each function. */
export function createEmptyBundles(folder: string): string {
  const bundles = join(folder, 'bundles');
  for (const name of Object.keys(DEPLOYED)) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, 'index.js'), '');
  }
  return bundles;
}

/** Creates a folder with a console that only has its page. */
export function createEmptyConsole(folder: string): string {
  const files = join(folder, 'console');
  mkdirSync(join(files, 'console'), { recursive: true });
  writeFileSync(join(files, 'index.html'), '');
  writeFileSync(join(files, 'console/index.js'), '');
  return files;
}

/** CDK's own validation takes longer than the synthesis. */
function withoutValidation<T>(act: () => T): T {
  const { CDK_VALIDATION: previous } = process.env;
  process.env.CDK_VALIDATION = 'false';
  try {
    return act();
  } finally {
    if (previous === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = previous;
  }
}
