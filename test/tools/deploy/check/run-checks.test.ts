import { describe, expect, it } from 'vitest';
import { someStage } from '#test/lib/some-stage.ts';
import { ToolError } from '#tools/command-line.ts';
import { NotAvailable } from '#tools/deploy/check/calls.ts';
import { deploymentChecks, newContext } from '#tools/deploy/check/checks.ts';
import { exitCodeOf, formatChecks, runChecks } from '#tools/deploy/check/run-checks.ts';
import { FakeDeployment } from './fake-calls.ts';

const SETTINGS = someStage();

async function check(change: Partial<FakeDeployment> = {}, settings = SETTINGS) {
  const deployment = Object.assign(new FakeDeployment(), change);
  const checks = await runChecks(deploymentChecks(settings), deployment, newContext());
  return {
    deployment,
    checks,
    resultOf: (name: string) => checks.find((finished) => finished.name === name),
    failures: checks.filter(({ result }) => result === 'failed').map(({ name }) => name),
    skipped: checks.filter(({ result }) => result === 'skipped').map(({ name }) => name),
  };
}

it('passes for a healthy deployment, with the seconds of each status, and deletes what it created', async () => {
  const { checks, deployment } = await check();
  expect(formatChecks(checks).split('\n')).toEqual([
    'API                  passed   GET /health returned 200 after 0 ms',
    'service-linked role  passed   AWSServiceRoleForECS exists',
    'outbound rules       passed   gateway and janitor connect to one group each',
    'janitors             passed   2 of 2 mount their file system',
    'image                passed   sha256:1',
    'first start          passed   8 s (starting 2, provisioning 4, pending 2)',
    'trunking             passed   1 of 1 instances have a trunk, agents 1.106.0',
    'stop                 passed   2 s (stopping 2)',
    'second start         passed   8 s (starting 2, provisioning 4, pending 2)',
    'delete               passed   2 s (deleting 2)',
    'nothing left         passed   no task',
  ]);
  expect(exitCodeOf(checks)).toBe(0);
  expect(deployment.requests.at(-1)).toBe(
    'DELETE /workbenches/01k0000000000000000000000a?user_id=deployment-check',
  );
});

describe('a check fails', () => {
  it.each<[string, Partial<FakeDeployment>, string]>([
    ['service-linked role', { hasEcsRole: async () => false }, 'is missing'],
    [
      'outbound rules',
      { outboundRules: async () => [{ group: 'Janitor', cidr: '0.0.0.0/0' }] },
      'Janitor reaches 0.0.0.0/0',
    ],
    [
      'janitors',
      { invokeJanitor: async (_, index) => (index === 1 ? 'Unhandled' : undefined) },
      'fs-2: Unhandled',
    ],
    ['image', { findImage: async () => undefined }, 'does not contain it'],
    [
      'trunking',
      { instances: async () => [{ id: 'i-1', agentVersion: '1.90.0', hasTrunk: false }] },
      '0 of 1 instances have a trunk',
    ],
    ['nothing left', { countTasks: async () => 2 }, '2 tasks'],
  ])('%s', async (name, change, figure) => {
    const { checks, failures, resultOf } = await check(change);
    expect(failures).toEqual([name]);
    expect(resultOf(name)?.figure).toContain(figure);
    expect(exitCodeOf(checks)).toBe(1);
    expect(formatChecks(checks)).toContain(`\n\n${name}: ${resultOf(name)?.advice}`);
  });

  it('if the API responds with an error', async () => {
    const { failures } = await check({ request: async () => ({ status: 403, item: {} }) });
    expect(failures).toEqual(['API', 'first start']);
  });

  it('if a command fails, with its message, and the others run', async () => {
    const { failures, resultOf, checks } = await check({
      findImage: async () => {
        throw new ToolError('aws ecr failed: AccessDenied');
      },
    });
    expect(failures).toEqual(['image']);
    expect(resultOf('image')?.figure).toBe('aws ecr failed: AccessDenied');
    expect(checks).toHaveLength(11);
  });

  it('if the workbench stops instead of running, with the reason of the API; the workbench is deleted', async () => {
    const reason = { code: 'storage_failed', message: 'access denied by server' };
    const { failures, skipped, resultOf, deployment } = await check({
      poll: (status) =>
        status === 'gone'
          ? { status: 404, item: {} }
          : {
              status: 200,
              item: status === 'pending' ? { status: 'stopped', status_reason: reason } : { status },
            },
    });
    expect(failures).toEqual(['first start']);
    expect(resultOf('first start')?.figure).toBe('stopped with storage_failed: access denied by server');
    expect(skipped).toEqual(['stop', 'second start']);
    expect(deployment.requests.map((request) => request.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });

  it('if a status lasts longer than all deadlines of a start', async () => {
    const { resultOf } = await check(stuck());
    expect(resultOf('first start')?.figure).toBe('is still provisioning host after 75 minutes');
  });
});

/** A deployment whose workbench stays in `provisioning`. */
function stuck(): Partial<FakeDeployment> {
  let now = 0;
  return {
    poll: () => ({ status: 200, item: { status: 'provisioning', status_detail: 'host' } }),
    now: () => now,
    wait: async (ms) => {
      now += ms;
    },
  };
}

it('skips a check whose call is not available, and does not fail', async () => {
  const { checks, skipped } = await check({
    hasEcsRole: async () => {
      throw new NotAvailable('emulator');
    },
  });
  expect(skipped).toEqual(['service-linked role']);
  expect(exitCodeOf(checks)).toBe(0);
});

it('does not hide an error of the tool itself', async () => {
  const hasEcsRole = async () => {
    throw new TypeError('a bug');
  };
  await expect(check({ hasEcsRole })).rejects.toThrow('a bug');
});

it('passes without trunks if the stage does not turn trunking on', async () => {
  const instances = async () => [{ id: 'i-1', agentVersion: '1.90.0', hasTrunk: false }];
  const { resultOf } = await check({ instances }, someStage({ ecs: { awsvpcTrunking: 'off' } }));
  expect(resultOf('trunking')).toMatchObject({ result: 'passed' });
});
