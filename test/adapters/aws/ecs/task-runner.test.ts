import type { TaskInput, TaskObservation } from '#core/ports/task-runner.ts';
import { readTaskEvent } from '#functions/events/read-task-event.ts';
import { describeTaskRunnerContract } from '#test/contracts/task-runner.ts';
import type { Hazards } from '#test/simulation/world/hazards.ts';
import { taskInput, WorldFixture } from '#test/simulation/world/world-fixture.ts';

const VARIANTS: readonly (readonly [string, Partial<Hazards>])[] = [
  ['EcsTaskRunner', {}],
  ['EcsTaskRunner with an ECS that changes connectivity without an event', { noEventForConnectivity: 1 }],
  ['EcsTaskRunner with an ECS whose containers outlive the STOPPED event', { containerOutlivesStop: 1 }],
];

for (const [name, hazards] of VARIANTS) {
  describeTaskRunnerContract(name, async () => {
    const subject = new WorldFixture({ hazards });
    const tasks = subject.tasks();
    const observed: TaskObservation[] = [];
    return {
      tasks,
      input: (change: Partial<TaskInput> = {}) => taskInput(subject, change),
      get observed() {
        observed.length = 0;
        for (const event of subject.events) {
          const task = readTaskEvent(event, { WB_CONTAINER_PORT: 8080 });
          if (task) observed.push(task);
        }
        return observed;
      },
      pass: () => subject.advance(1),
      reopen: async () => subject.tasks(),
      end: async () => {},
    };
  });
}
