import type { StageSettings } from '#lib/settings/stage.ts';
import type { OutboundRule } from './calls.ts';
import { type Check, type CheckResult, failed, passed, skipped } from './run-checks.ts';
import {
  CHECK_USER,
  createTrialWorkbench,
  formatDurations,
  requestTransition,
  waitForStatus,
} from './workbench-life.ts';

/** What earlier checks leave for later ones. */
export interface CheckContext {
  /** The workbench of the checks, while it exists. */
  workbenchId: string | undefined;
  /** Whether the last transition of the workbench succeeded. */
  healthy: boolean;
}

export function newContext(): CheckContext {
  return { workbenchId: undefined, healthy: false };
}

/** Rules with this range match no traffic. */
const NO_ADDRESS = '255.255.255.255/32';

/** The checks of a deployment, in the order in which they run. The last ones delete what they created. */
export function deploymentChecks(settings: StageSettings): readonly Check<CheckContext>[] {
  return [
    API,
    ECS_ROLE,
    OUTBOUND_RULES,
    JANITORS,
    IMAGE,
    CREATE,
    trunkingCheck(settings),
    STOP,
    START,
    DELETE,
    NOTHING_LEFT,
  ];
}

const API: Check<CheckContext> = {
  name: 'API',
  advice: 'Read the log of get-health. 401 or 403 point to the key.',
  run: async (calls) => {
    const startedAt = calls.now();
    const { status } = await calls.request('GET', '/health');
    const figure = `GET /health returned ${status} after ${Math.round(calls.now() - startedAt)} ms`;
    return status === 200 ? passed(figure) : failed(figure);
  },
};

const ECS_ROLE: Check<CheckContext> = {
  name: 'service-linked role',
  advice: 'Run `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`, then deploy again.',
  run: async (calls) =>
    (await calls.hasEcsRole())
      ? passed('AWSServiceRoleForECS exists')
      : failed('AWSServiceRoleForECS is missing'),
};

const OUTBOUND_RULES: Check<CheckContext> = {
  name: 'outbound rules',
  advice:
    'EC2 kept its rule for all outbound traffic. Remove it: `aws ec2 revoke-security-group-egress`. Until then the janitor, which mounts all files, reaches the internet.',
  run: async (calls) => {
    const open = (await calls.outboundRules()).filter(isOpen);
    if (open.length === 0) return passed('gateway and janitor connect to one group each');
    return failed(open.map(({ group, cidr }) => `${group} reaches ${cidr}`).join(', '));
  },
};

function isOpen({ cidr }: OutboundRule): boolean {
  return cidr !== undefined && cidr !== NO_ADDRESS;
}

const JANITORS: Check<CheckContext> = {
  name: 'janitors',
  advice:
    'If the figure is EFSMountFailureException, EFS perhaps does not support a condition of the policies of the file systems: set `storage.denyOtherRoles` to false, deploy, and read "First hour on a new account" in docs/operations.md. No workbench would start.',
  run: async (calls) => {
    const fileSystems = await calls.fileSystems();
    const errors: string[] = [];
    for (const [index, fileSystem] of fileSystems.entries()) {
      const error = await calls.invokeJanitor(fileSystem, index);
      if (error !== undefined) errors.push(`${fileSystem}: ${error}`);
    }
    return errors.length === 0
      ? passed(`${fileSystems.length} of ${fileSystems.length} mount their file system`)
      : failed(errors.join('; '));
  },
};

const IMAGE: Check<CheckContext> = {
  name: 'image',
  advice: 'Push it: `npm run image:push -- --stage NAME`.',
  run: async (calls) => {
    const digest = await calls.findImage();
    return digest === undefined ? failed('the repository does not contain it') : passed(digest);
  },
};

const CREATE: Check<CheckContext> = {
  name: 'first start',
  advice:
    'See the row of the reason in "A workbench does not start, or has stopped" of docs/operations.md. A long `provisioning` with the attribute no-new-privileges: replace the instances, whose user data is older than the setting ECS_APPARMOR_CAPABLE.',
  run: async (calls, context) => {
    context.workbenchId = await createTrialWorkbench(calls, 'Check of the deployment');
    return await reach('running', calls, context);
  },
};

function trunkingCheck({ ecs }: StageSettings): Check<CheckContext> {
  return {
    name: 'trunking',
    advice:
      'The account setting awsvpcTrunking is not on for the role of the instances, or they are older than it, or their type does not support it. Replace the instances; if new ones have no trunk either, set ecs.awsvpcTrunking to account. Without it an instance runs one workbench less than it has network interfaces.',
    run: async (calls) => {
      const instances = await calls.instances();
      if (instances.length === 0) return skipped('no instance runs');
      const trunks = instances.filter(({ hasTrunk }) => hasTrunk).length;
      const agents = [...new Set(instances.map(({ agentVersion }) => agentVersion))].join(', ');
      const figure = `${trunks} of ${instances.length} instances have a trunk, agents ${agents}`;
      return ecs.awsvpcTrunking !== 'off' && trunks === 0 ? failed(figure) : passed(figure);
    },
  };
}

const STOP: Check<CheckContext> = {
  name: 'stop',
  advice: 'See `stops and deletes overdue` in docs/operations.md.',
  run: (calls, context) =>
    ifHealthy(context, async (id) => {
      await requestTransition(calls, id, 'stop');
      return await reach('stopped', calls, context);
    }),
};

const START: Check<CheckContext> = {
  name: 'second start',
  advice: 'It ran before. Read its history and the log of drive.',
  run: (calls, context) =>
    ifHealthy(context, async (id) => {
      await requestTransition(calls, id, 'start');
      return await reach('running', calls, context);
    }),
};

const DELETE: Check<CheckContext> = {
  name: 'delete',
  advice: `Delete the workbenches of the user ${CHECK_USER} by hand. See \`stops and deletes overdue\` in docs/operations.md.`,
  run: async (calls, context) => {
    const { workbenchId } = context;
    if (workbenchId === undefined) return skipped('there is no workbench');
    await requestTransition(calls, workbenchId, 'delete');
    return await reach('gone', calls, context);
  },
};

const NOTHING_LEFT: Check<CheckContext> = {
  name: 'nothing left',
  advice: `Stop the tasks of the user ${CHECK_USER}: the sweep of tasks does it within half an hour.`,
  run: async (calls) => {
    const tasks = await calls.countTasks(CHECK_USER);
    return tasks === 0 ? passed('no task') : failed(`${tasks} tasks`);
  },
};

async function reach(
  target: 'running' | 'stopped' | 'gone',
  calls: Parameters<Check<CheckContext>['run']>[0],
  context: CheckContext,
): Promise<CheckResult> {
  context.healthy = false;
  const { workbenchId = '' } = context;
  const durations = await waitForStatus(calls, workbenchId, target);
  context.healthy = true;
  return passed(formatDurations(durations));
}

async function ifHealthy(
  { workbenchId, healthy }: CheckContext,
  run: (workbenchId: string) => Promise<CheckResult>,
): Promise<CheckResult> {
  return workbenchId === undefined || !healthy ? skipped('an earlier step failed') : await run(workbenchId);
}
