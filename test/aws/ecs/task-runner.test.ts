import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { inject } from 'vitest';
import { createEcsClient } from '#adapters/aws/clients.ts';
import { createEc2Client } from '#adapters/aws/ec2/clients.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { systemClock } from '#adapters/system-clock.ts';
import { waitRealStep } from '#test/contracts/eventually.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import { clusterOnMoto } from '../cluster-on-moto.ts';
import { connectionTo, uniqueName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';
import { taskInput, taskSettings } from './task-input.ts';

describeTaskRunnerContract(
  'EcsTaskRunner on moto',
  async () => {
    const moto = await clusterOnMoto(inject('emulators').moto);
    await moto.launchInstance();
    const tasks = () =>
      new EcsTaskRunner(
        moto.ecs,
        taskSettings(moto),
        new Ec2Instances(moto.ec2, moto.installation),
        systemClock,
      );
    return {
      tasks: tasks(),
      input: async (change) => taskInput(change),
      pass: waitRealStep,
      reopen: async () => tasks(),
      end: () => moto.end(),
    };
  },
  exceptionsFor({
    'runs a task, names its workbench, and returns its endpoint once it is running': 'motoRunsAtOnce',
    'starts one task for one client token, for sequential and concurrent calls': 'motoTaskToken',
    'returns the first task of a used token even if the input differs': 'motoTaskToken',
    'returns the stopped task for its token, and starts nothing': 'motoTaskToken',
    'returns its tasks and tokens after it was closed and opened again': 'motoTaskToken',
    'stops a running task, reports that the stop was requested, and no longer lists the task': 'motoStopCode',
    'stops a task that is not running yet': 'motoStopCode',
    'accepts a second stop, and a stop of a stopped or unknown task': 'motoSecondStop',
  }),
);

describeTaskRunnerContract(
  'EcsTaskRunner on ministack',
  async () => {
    const ecs = createEcsClient(connectionTo('ministack'));
    const ec2 = createEc2Client(connectionTo('ministack'));
    const cluster = uniqueName('cluster-');
    const installation = uniqueName('installation-');
    await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    const settings = taskSettings({ cluster, installation, subnets: ['subnet-1'], securityGroups: ['sg-1'] });
    const tasks = () => new EcsTaskRunner(ecs, settings, new Ec2Instances(ec2, installation), systemClock);
    return {
      tasks: tasks(),
      input: async (change) => taskInput(change),
      pass: waitRealStep,
      reopen: async () => tasks(),
      async end() {
        ecs.destroy();
        ec2.destroy();
      },
    };
  },
  exceptionsFor({
    'runs a task, names its workbench, and returns its endpoint once it is running': 'ministackRunsAtOnce',
    'starts one task for one client token, for sequential and concurrent calls': 'ministackTaskToken',
    'returns the first task of a used token even if the input differs': 'ministackTaskToken',
    'returns the stopped task for its token, and starts nothing': 'ministackTaskToken',
    'returns its tasks and tokens after it was closed and opened again': 'ministackTaskToken',
  }),
);
