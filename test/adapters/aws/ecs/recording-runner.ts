import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import type { AwsCommand } from '#test/simulation/world/aws-error.ts';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { INSTALLATION, TASK_SETTINGS, WorldFixture } from '#test/simulation/world/world-fixture.ts';

export const MINUTE = 60;
export const TOKEN = 'a/run1/1';

/** A runner that notes what it sends, and may be kept from sending it, or from hearing what came of it. */
export function recordingRunner(options: Partial<WorldOptions> = {}, settings: Partial<TaskSettings> = {}) {
  const subject = new WorldFixture(options);
  const sent: { name: string; input: Record<string, unknown> }[] = [];
  const answers: ((name: string, effect: () => unknown) => unknown)[] = [];
  const send = async (command: AwsCommand) => {
    const { name } = command.constructor;
    sent.push({ name, input: command.input as Record<string, unknown> });
    const effect = () => subject.world.handle(command);
    return answers[0] === undefined ? effect() : answers[0](name, effect);
  };
  const client = { send } as unknown as ConstructorParameters<typeof EcsTaskRunner>[0];
  const runner = (change: Partial<TaskSettings> = {}) =>
    new EcsTaskRunner(
      client,
      { ...TASK_SETTINGS, ...settings, ...change },
      new Ec2Instances(subject.world.clients(), INSTALLATION),
      subject.kernel,
    );
  const inputs = <T>(name: string) =>
    sent.filter((call) => call.name === name).map(({ input }) => input as T);
  const next = (answer: (name: string, effect: () => unknown) => unknown) => {
    answers[0] = answer;
  };
  const through = () => answers.pop();
  return { subject, world: subject.world, tasks: runner(), runner, inputs, sent, next, through };
}

export function acceptedTaskId(outcome: Awaited<ReturnType<EcsTaskRunner['run']>>): string {
  if (outcome.kind !== 'accepted') throw new Error(outcome.message);
  return outcome.task.taskId;
}
