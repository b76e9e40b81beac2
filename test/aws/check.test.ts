import { DescribeContainerInstancesCommand, ListContainerInstancesCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startedByOf } from '#adapters/aws/ecs/task-identity.ts';
import { someStage } from '#test/lib/some-stage.ts';
import { type DeploymentCalls, NotAvailable } from '#tools/deploy/check/calls.ts';
import { deploymentChecks, newContext } from '#tools/deploy/check/checks.ts';
import { exitCodeOf, formatChecks, runChecks } from '#tools/deploy/check/run-checks.ts';
import { STATIC_KEY } from './flows/environment.ts';
import { invoke } from './flows/functions.ts';
import { request } from './flows/gateway.ts';
import { createInstallation, type Installation } from './flows/installation.ts';

/** `npm run deploy -- --check` on the deployed functions and emulators. */

let installation: Installation;
beforeEach(async () => {
  installation = await createInstallation();
});
afterEach(() => installation.end());

/** The emulators have functions, but no stacks and no image repository. */
function notOnEmulators(): Promise<never> {
  return Promise.reject(new NotAvailable('emulator'));
}

function callsOf({ moto, liveTasks, settle, advance }: Installation): DeploymentCalls {
  return {
    fileSystems: async () => (process.env.WB_FILE_SYSTEMS ?? '').split(','),
    async invokeJanitor(fileSystemId) {
      await invoke('janitor', { act: 'list', fileSystemId });
      return undefined;
    },
    hasEcsRole: notOnEmulators,
    outboundRules: notOnEmulators,
    findImage: notOnEmulators,
    async instances() {
      const { ecs, cluster } = moto;
      const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
      const { containerInstances = [] } = await ecs.send(
        new DescribeContainerInstancesCommand({ cluster, containerInstances: containerInstanceArns }),
      );
      return containerInstances.map(({ ec2InstanceId = '', versionInfo }) => ({
        id: ec2InstanceId,
        agentVersion: versionInfo?.agentVersion ?? 'unknown',
        hasTrunk: false,
      }));
    },
    countTasks: async (userId) =>
      (await liveTasks()).filter(({ startedBy }) => startedBy === startedByOf(userId)).length,
    async request(method, path, body) {
      const { status, body: response } = await request(
        method,
        path,
        STATIC_KEY,
        body === undefined ? {} : { body },
      );
      return { status, item: response.item ?? {} };
    },
    now: () => Date.now(),
    async wait(ms) {
      await settle();
      await advance(ms / 1000);
    },
  };
}

it('passes every check that emulators can run', async () => {
  await installation.moto.launchInstance('small');
  const calls = callsOf(installation);
  // Instances of moto have no trunks.
  const checks = await runChecks(
    deploymentChecks(someStage({ ecs: { awsvpcTrunking: 'off' } })),
    calls,
    newContext(),
  );
  const named = (result: string) => checks.filter((check) => check.result === result).map(({ name }) => name);
  expect(named('failed'), formatChecks(checks)).toEqual([]);
  expect(exitCodeOf(checks)).toBe(0);
  // These need an account: docs/operations.md, "First hour on a new account".
  expect(named('skipped')).toEqual(['service-linked role', 'outbound rules', 'image']);
  expect(named('passed')).toEqual([
    'API',
    'janitors',
    'first start',
    'trunking',
    'stop',
    'second start',
    'delete',
    'nothing left',
  ]);
  expect(installation.errors).toEqual([]);
});
