/**
 * Events that EventBridge delivers for a task of the controller on EC2 with awsvpc networking. The task has the container
 * of the workbench and the container that waits until it is healthy.
 */
export const USER = 'ada@example.com';
export const WORKBENCH = '01k5w3p8xg7t2mzq4v9r6ehbnc';

const ACCOUNT = 'arn:aws:ecs:eu-central-1:111122223333';
const TASK = `${ACCOUNT}:task/workbenches/0f1e2d3c4b5a`;

function container(name: string, lastStatus: string) {
  return {
    containerArn: `${ACCOUNT}:container/workbenches/0f1e2d3c4b5a/${name}`,
    lastStatus,
    name,
    image: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/h1st/workbench:1.4.2',
    imageDigest: 'sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',
    runtimeId: '5f2d3c',
    taskArn: TASK,
    networkInterfaces: [{ attachmentId: 'e1', privateIpv4Address: '10.0.3.17' }],
    cpu: '1024',
    memory: '2048',
  };
}

type Change = Readonly<Record<string, unknown>>;

export function runningEvent(change: Change = {}) {
  return {
    version: '0',
    id: 'c0ffee00-0000-4000-8000-000000000001',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: '111122223333',
    time: '2030-01-01T09:00:42Z',
    region: 'eu-central-1',
    resources: [TASK],
    detail: {
      attachments: [
        {
          id: 'e1',
          type: 'eni',
          status: 'ATTACHED',
          details: [
            { name: 'subnetId', value: 'subnet-1' },
            { name: 'networkInterfaceId', value: 'eni-1' },
            { name: 'macAddress', value: '02:00:00:00:00:01' },
            { name: 'privateDnsName', value: 'ip-10-0-3-17.eu-central-1.compute.internal' },
            { name: 'privateIPv4Address', value: '10.0.3.17' },
          ],
        },
      ],
      attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
      availabilityZone: 'eu-central-1b',
      capacityProviderName: 'medium',
      clusterArn: `${ACCOUNT}:cluster/workbenches`,
      connectivity: 'CONNECTED',
      connectivityAt: '2030-01-01T09:00:05.1Z',
      containerInstanceArn: `${ACCOUNT}:container-instance/workbenches/9a8b7c6d5e4f`,
      containers: [container('workbench', 'RUNNING'), container('ready', 'RUNNING')],
      cpu: '1024',
      createdAt: '2030-01-01T09:00:01.2Z',
      desiredStatus: 'RUNNING',
      enableExecuteCommand: false,
      group: `workbench/${WORKBENCH}`,
      launchType: 'EC2',
      lastStatus: 'RUNNING',
      memory: '2048',
      overrides: {
        containerOverrides: [
          { name: 'ready' },
          {
            name: 'workbench',
            environment: [
              { name: 'WORKBENCH_NAME', value: 'AutoCyber' },
              { name: 'WB_RUN_ID', value: '7t2mzq4v9r6ehbnc' },
              { name: 'WB_RUN_ATTEMPT', value: '2' },
            ],
          },
        ],
      },
      startedAt: '2030-01-01T09:00:42Z',
      startedBy: Buffer.from(USER).toString('base64url'),
      taskArn: TASK,
      taskDefinitionArn: `${ACCOUNT}:task-definition/workbench-${WORKBENCH}:3`,
      updatedAt: '2030-01-01T09:00:42Z',
      version: 5,
      ...change,
    },
  };
}

export function stoppedEvent(change: Change = {}) {
  return runningEvent({
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    containers: [
      { ...container('workbench', 'STOPPED'), exitCode: 0 },
      { ...container('ready', 'STOPPED'), exitCode: 137 },
    ],
    stoppingAt: '2030-01-01T10:00:00Z',
    executionStoppedAt: '2030-01-01T10:00:03Z',
    stoppedAt: '2030-01-01T10:00:05Z',
    stopCode: 'UserInitiated',
    stoppedReason: 'Task stopped by user',
    version: 9,
    ...change,
  });
}

export function pullFailedEvent() {
  const reason = 'CannotPullContainerError: pull access denied for h1st/workbench, repository does not exist';
  return stoppedEvent({
    containers: [{ ...container('workbench', 'STOPPED'), reason }, container('ready', 'STOPPED')],
    stopCode: 'TaskFailedToStart',
    stoppedReason: reason,
  });
}
