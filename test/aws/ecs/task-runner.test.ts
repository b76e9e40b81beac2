import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { inject } from 'vitest';
import { ecsClient } from '#adapters/aws/clients.ts';
import { ec2Client } from '#adapters/aws/ec2/client.ts';
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
    'runs a task, says whose it is, and answers with its address once it is running': 'motoRunsAtOnce',
    'starts one task for one token, asked one after another and at the same time': 'motoTaskToken',
    'answers a token that was used with its first task even when the input differs': 'motoTaskToken',
    'answers the stopped task to a token after the stop, and starts nothing': 'motoTaskToken',
    'knows its tasks and tokens after it was closed and opened again': 'motoTaskToken',
    'stops a running task, says that this was asked for, and no longer lists it': 'motoStopCode',
    'stops a task that is not running yet': 'motoStopCode',
    'takes a stop twice, of a stopped task and of an unknown one, without complaint': 'motoSecondStop',
  }),
);

describeTaskRunnerContract(
  'EcsTaskRunner on ministack',
  async () => {
    const ecs = ecsClient(connectionTo('ministack'));
    const ec2 = ec2Client(connectionTo('ministack'));
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
    'runs a task, says whose it is, and answers with its address once it is running': 'ministackRunsAtOnce',
    'starts one task for one token, asked one after another and at the same time': 'ministackTaskToken',
    'answers a token that was used with its first task even when the input differs': 'ministackTaskToken',
    'answers the stopped task to a token after the stop, and starts nothing': 'ministackTaskToken',
    'knows its tasks and tokens after it was closed and opened again': 'ministackTaskToken',
  }),
);
