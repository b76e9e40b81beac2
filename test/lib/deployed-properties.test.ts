import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { listOf, valueToText } from '#lib/checks/template.ts';
import { someStage, stageWithSecret } from './some-stage.ts';
import { type SynthesizedApp, synthesize, synthesizeWithoutApi, valueAt } from './synthesize.ts';

/** Properties that no other test would miss: times, numbers and limits of the deployed resources. */

let app: SynthesizedApp;
beforeAll(async () => {
  app = await synthesize(stageWithSecret());
});

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Properties = Readonly<Record<string, unknown>>;

/** Returns the properties of all resources of a type in the api stack, by their ids without the hash of CDK. */
function byId(type: string): Readonly<Record<string, Properties>> {
  return Object.fromEntries(
    app.all('api', type).map(([id, { Properties = {} }]) => [withoutHash(id), Properties]),
  );
}

/** CDK appends eight characters to an id. */
function withoutHash(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '');
}

/** Returns the id of the resource that a value refers to. */
function referredId(value: unknown): string {
  return withoutHash(/^<(\w+)/.exec(valueToText(value))?.[1] ?? '');
}

/** Returns the name of the function with this id: `sweep-due` for `sweepdueFunction`. */
function functionNameOf(id: string): string | undefined {
  return Object.keys(DEPLOYED).find((name) => id === `${name.replaceAll('-', '')}Function`);
}

describe('queues', () => {
  it('keep messages longer than their delay and retries take, and dead letters as long as possible', () => {
    const queues = Object.entries(byId('AWS::SQS::Queue')).map(([id, properties]) => {
      const redrive = properties.RedrivePolicy;
      return [
        id,
        {
          retention: properties.MessageRetentionPeriod,
          visibility: properties.VisibilityTimeout,
          encrypted: properties.SqsManagedSseEnabled,
          ...(redrive === undefined
            ? {}
            : {
                deadLetters: referredId(valueAt(redrive, 'deadLetterTargetArn')),
                receives: valueAt(redrive, 'maxReceiveCount'),
              }),
        },
      ];
    });
    // Lambda requires six times the timeout of the consumer, which is 60 s.
    const workQueue = { retention: DAY, visibility: 6 * MINUTE, encrypted: true, receives: 5 };
    const deadLetterQueue = { retention: 14 * DAY, visibility: undefined, encrypted: true };
    expect(Object.fromEntries(queues)).toEqual({
      Queueswork: { ...workQueue, deadLetters: 'Queuesworkdlq' },
      Queueshost: { ...workQueue, deadLetters: 'Queueshostdlq' },
      // Six times the 90 s of drive-delete.
      Queuesdelete: { ...workQueue, deadLetters: 'Queuesdeletedlq', visibility: 540 },
      Queuesworkdlq: deadLetterQueue,
      Queueshostdlq: deadLetterQueue,
      Queuesdeletedlq: deadLetterQueue,
      Queueseventdlq: deadLetterQueue,
      Queuesfailedinvocations: deadLetterQueue,
    });
  });

  it('start their function with batches, which report each failed message', () => {
    const mappings = Object.values(byId('AWS::Lambda::EventSourceMapping')).map((mapping) => ({
      queue: referredId(mapping.EventSourceArn),
      function: functionNameOf(referredId(mapping.FunctionName)),
      batchSize: mapping.BatchSize,
      // With a window, Lambda would delay the drive of a workbench.
      window: mapping.MaximumBatchingWindowInSeconds,
      concurrency: valueAt(mapping, 'ScalingConfig', 'MaximumConcurrency'),
      responseTypes: mapping.FunctionResponseTypes,
    }));
    const batches = { batchSize: 10, window: undefined, responseTypes: ['ReportBatchItemFailures'] };
    expect(mappings).toEqual([
      { ...batches, queue: 'Queueswork', function: 'drive', concurrency: 10 },
      { ...batches, queue: 'Queueshost', function: 'drive-host', concurrency: 2 },
      { ...batches, queue: 'Queuesdelete', function: 'drive-delete', batchSize: 5, concurrency: 20 },
    ]);
  });
});

/** The rules that start functions, each with the name of its function. */
function rules() {
  return Object.values(byId('AWS::Events::Rule')).flatMap((rule) =>
    listOf(rule.Targets as Properties | readonly Properties[]).flatMap((target) => {
      const name = functionNameOf(referredId(target.Arn));
      return name === undefined ? [] : [{ name, rule, target }];
    }),
  );
}

describe('rules', () => {
  it('run the sweeps at their intervals', () => {
    const schedules = rules().flatMap(({ name, rule }) =>
      rule.ScheduleExpression === undefined ? [] : [[name, rule.ScheduleExpression]],
    );
    expect(Object.fromEntries(schedules)).toEqual({
      'sweep-due': 'rate(1 minute)',
      'sweep-active': 'rate(10 minutes)',
      'sweep-tasks-and-hosts': 'rate(10 minutes)',
      'sweep-volumes': 'rate(1 hour)',
      'sweep-quotas': 'rate(1 hour)',
      'sweep-cluster': 'rate(10 minutes)',
    });
  });

  it('deliver exactly these events', () => {
    const patterns = rules().flatMap(({ name, rule }) => {
      const pattern = rule.EventPattern;
      if (pattern === undefined) return [];
      const clusters = listOf(valueAt(pattern, 'detail', 'clusterArn')).map(valueToText);
      const { clusterArn: _clusters, ...detail } = (valueAt(pattern, 'detail') ?? {}) as Properties;
      return [[name, valueAt(pattern, 'source'), valueAt(pattern, 'detail-type'), clusters, detail]];
    });
    const clusters = ['arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:cluster/workbench-some'];
    const changed = ['ECS Container Instance State Change'];
    expect(patterns.sort()).toEqual([
      ['container-instance-change', ['aws.ecs'], changed, clusters, {}],
      // Events of EC2 contain no cluster.
      ['instance-interrupted', ['aws.ec2'], ['EC2 Spot Instance Interruption Warning'], [], {}],
      // The controller drains instances with a silent agent itself.
      [
        'instance-interrupted',
        ['aws.ecs'],
        changed,
        clusters,
        { status: ['DRAINING'], agentConnected: [true] },
      ],
      ['instance-state-change', ['aws.ec2'], ['EC2 Instance State-change Notification'], [], {}],
      ['task-state-change', ['aws.ecs'], ['ECS Task State Change'], clusters, {}],
    ]);
  });

  it('are enabled, and retry a delivery for two hours before they give it to the dead-letter queue', () => {
    expect(rules()).toHaveLength(11);
    for (const { rule, target } of rules()) {
      expect(rule.State).toBe('ENABLED');
      expect(target.RetryPolicy).toEqual({
        MaximumEventAgeInSeconds: 2 * HOUR,
        MaximumRetryAttempts: 20,
      });
      expect(referredId(valueAt(target, 'DeadLetterConfig', 'Arn'))).toBe('Queueseventdlq');
    }
  });

  it('have functions that Lambda retries for events, but not for schedules', () => {
    const retries = Object.values(byId('AWS::Lambda::EventInvokeConfig')).map((config) => {
      expect(config.MaximumEventAgeInSeconds).toBe(2 * HOUR);
      expect(referredId(valueAt(config, 'DestinationConfig', 'OnFailure', 'Destination'))).toBe(
        'Queuesfailedinvocations',
      );
      return [functionNameOf(referredId(config.FunctionName)), config.MaximumRetryAttempts];
    });
    expect(Object.fromEntries(retries)).toEqual({
      'task-state-change': 2,
      'instance-state-change': 2,
      'container-instance-change': 2,
      'instance-interrupted': 2,
      // The next sweep starts over.
      'sweep-due': 0,
      'sweep-active': 0,
      'sweep-tasks-and-hosts': 0,
      'sweep-volumes': 0,
      'sweep-quotas': 0,
      'sweep-cluster': 0,
    });
  });
});

describe('functions', () => {
  /** API Gateway waits 30 s. */
  const API = { Timeout: 29, MemorySize: 512 };
  const WORKER = { Timeout: 60, MemorySize: 512 };

  it('have these timeouts and this memory', () => {
    const limits = app.all('api', 'AWS::Lambda::Function').map(([, { Properties = {} }]) => {
      const { FunctionName, Timeout, MemorySize } = Properties;
      return [String(FunctionName).replace('workbench-some-', ''), { Timeout, MemorySize }];
    });
    expect(Object.fromEntries(limits)).toEqual({
      'get-me': API,
      'extend-workbench': API,
      'restore-workbench': API,
      'report-activity': API,
      'get-own-quota': API,
      'get-quota': API,
      'set-quota': API,
      'sweep-quotas': { Timeout: 900, MemorySize: 512 },
      'list-workbenches': API,
      'create-workbench': API,
      'get-workbench': API,
      'update-workbench': API,
      'delete-workbench': API,
      'start-workbench': API,
      'stop-workbench': API,
      'restart-workbench': API,
      'open-workbench': API,
      'list-history': API,
      'list-logs': API,
      'list-reports': API,
      'list-usage': API,
      'list-start-times': API,
      'list-templates': API,
      'start-sweep': API,
      'list-audit': API,
      'list-machines': API,
      'list-providers': API,
      'drain-machine': API,
      'cancel-drain': API,
      'list-shares': API,
      'set-share': API,
      'list-share-links': API,
      'create-share-link': API,
      'delete-share-link': API,
      'preview-share-link': API,
      'redeem-share-link': API,
      'delete-share': API,
      'change-owner': API,
      'accept-owner': API,
      'withdraw-offer': API,
      'get-health': API,
      // API Gateway waits 10 s for an authorizer.
      authorizer: { Timeout: 9, MemorySize: 512 },
      'task-state-change': WORKER,
      'instance-state-change': WORKER,
      'container-instance-change': WORKER,
      'instance-interrupted': WORKER,
      drive: WORKER,
      'drive-host': WORKER,
      // 20 s, two calls of a janitor that take 25 s each, and the calls of EFS and the table.
      'drive-delete': { Timeout: 90, MemorySize: 512 },
      'sweep-due': WORKER,
      // Each ends before the next one starts.
      'sweep-active': { Timeout: 300, MemorySize: 512 },
      'sweep-tasks-and-hosts': { Timeout: 300, MemorySize: 512 },
      'sweep-volumes': { Timeout: 900, MemorySize: 512 },
      'sweep-cluster': { Timeout: 600, MemorySize: 512 },
      // Less than the 25 s that the client of its callers waits.
      'janitor-0': { Timeout: 20, MemorySize: 512 },
    });
  });

  it('run their bundle on the supported runtime, with source maps and their own metrics namespace', () => {
    for (const [, { Properties = {} }] of app.all('api', 'AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Environment: {
          Variables: {
            NODE_OPTIONS: '--enable-source-maps',
            POWERTOOLS_METRICS_NAMESPACE: 'WorkbenchController/workbench-some',
          },
        },
      });
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });
});

describe('a janitor', () => {
  it('has a thread for each of its simultaneous deletions', () => {
    const sized = app
      .all('api', 'AWS::Lambda::Function')
      .filter((resource) => JSON.stringify(resource).includes('UV_THREADPOOL_SIZE'));
    expect(sized).toMatchObject([
      [
        expect.any(String),
        {
          Properties: {
            FunctionName: expect.stringContaining('-janitor-0'),
            Environment: { Variables: { UV_THREADPOOL_SIZE: '32' } },
          },
        },
      ],
    ]);
  });
});

describe('the access point of a janitor', () => {
  it('acts as root on the parent directory, which others can only traverse and list', () => {
    const points = app.all('data', 'AWS::EFS::AccessPoint').map(([, { Properties = {} }]) => ({
      user: Properties.PosixUser,
      directory: Properties.RootDirectory,
    }));
    expect(points).toEqual([
      {
        // It deletes files of any owner and mode.
        user: { Uid: '0', Gid: '0' },
        directory: {
          Path: '/workbenches',
          CreationInfo: { OwnerUid: '0', OwnerGid: '0', Permissions: '755' },
        },
      },
    ]);
  });

  it('is mounted where Lambda allows it', () => {
    const janitor = app
      .all('api', 'AWS::Lambda::Function')
      .find(([, { Properties }]) => Properties?.FunctionName === 'workbench-some-janitor-0');
    const mounts = listOf(valueAt(janitor?.[1], 'Properties', 'FileSystemConfigs'));
    expect(mounts.map((mount) => valueAt(mount, 'LocalMountPath'))).toEqual(['/mnt/volumes']);
    const variables = valueAt(janitor?.[1], 'Properties', 'Environment', 'Variables');
    expect(valueToText(valueAt(variables, 'WB_JANITOR_MOUNTS'))).toMatch(/":"\/mnt\/volumes"[}>]$/);
  });
});

describe('the file systems', () => {
  it('move old files to cheaper storage, and back at the first read', () => {
    for (const [, { Properties }] of app.all('data', 'AWS::EFS::FileSystem')) {
      expect(Properties?.LifecyclePolicies).toEqual([
        { TransitionToIA: 'AFTER_60_DAYS' },
        { TransitionToArchive: 'AFTER_270_DAYS' },
      ]);
    }
  });

  it('are backed up within a day, with time to start and to end', () => {
    const [plan] = app.all('data', 'AWS::Backup::BackupPlan');
    expect(valueAt(plan?.[1], 'Properties', 'BackupPlan', 'BackupPlanRule')).toMatchObject([
      { StartWindowMinutes: 60, CompletionWindowMinutes: 20 * 60, ScheduleExpression: 'cron(0 3 * * ? *)' },
    ]);
  });
});

describe('a capacity provider', () => {
  it('is scaled by at most ten instances at once, and protected by ECS', async () => {
    const capacityProviders = [{ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 30 }];
    const { all } = await synthesizeWithoutApi(someStage({ capacityProviders }));
    const providers = all('cluster', 'AWS::ECS::CapacityProvider').map(([, { Properties }]) => Properties);
    expect(providers).toMatchObject([
      {
        AutoScalingGroupProvider: {
          ManagedScaling: {
            Status: 'ENABLED',
            TargetCapacity: 100,
            MinimumScalingStepSize: 1,
            MaximumScalingStepSize: 10,
          },
          ManagedTerminationProtection: 'ENABLED',
          ManagedDraining: 'ENABLED',
        },
      },
    ]);
  });

  it('launches instances whose disk ends with them', () => {
    for (const [, { Properties }] of app.all('cluster', 'AWS::EC2::LaunchTemplate')) {
      expect(valueAt(Properties, 'LaunchTemplateData', 'BlockDeviceMappings')).toMatchObject([
        { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true, Encrypted: true, VolumeType: 'gp3' } },
      ]);
    }
  });
});
