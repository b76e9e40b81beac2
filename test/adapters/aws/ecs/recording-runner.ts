import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import type { AwsCommand } from '#test/simulation/world/aws-error.ts';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { INSTALLATION, TASK_SETTINGS, WorldFixture } from '#test/simulation/world/world-fixture.ts';

export const MINUTE = 60;
export const TOKEN = 'a/run1/1';

/** Returns the response to a call, or throws. `effect` executes the call. */
type Responder = (name: string, effect: () => unknown) => unknown;

/** A runner that records its calls. A test can replace the response of a call, before or after its effect. */
export function recordingRunner(options: Partial<WorldOptions> = {}, settings: Partial<TaskSettings> = {}) {
  const subject = new WorldFixture(options);
  const sent: { name: string; input: Record<string, unknown> }[] = [];
  let respond: Responder | undefined;
  const send = async (command: AwsCommand) => {
    const { name } = command.constructor;
    sent.push({ name, input: command.input as Record<string, unknown> });
    const effect = () => subject.world.handle(command);
    return respond === undefined ? effect() : respond(name, effect);
  };
  const client = { send } as unknown as ConstructorParameters<typeof EcsTaskRunner>[0];
  const newRunner = (change: Partial<TaskSettings> = {}) =>
    new EcsTaskRunner(
      client,
      { ...TASK_SETTINGS, ...settings, ...change },
      new Ec2Instances(client as never, INSTALLATION),
      subject.kernel,
    );
  const inputs = <T>(name: string) =>
    sent.filter((call) => call.name === name).map(({ input }) => input as T);
  const respondWith = (responder: Responder | undefined) => {
    respond = responder;
  };
  return { subject, world: subject.world, tasks: newRunner(), newRunner, inputs, sent, respondWith };
}

export function acceptedTaskId(outcome: Awaited<ReturnType<EcsTaskRunner['run']>>): string {
  if (outcome.kind !== 'accepted') throw new Error(outcome.message);
  return outcome.task.taskId;
}
