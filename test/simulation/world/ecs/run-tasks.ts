import type { RunTaskCommandInput, Task as TaskShape } from '@aws-sdk/client-ecs';
import type { Kernel } from '../../kernel.ts';
import { awsError } from '../aws-error.ts';
import type { HazardDraws } from '../hazards.ts';
import type { Size } from '../simulated-instances.ts';
import { type CapacityProviders, hasFreeCapacity, missingResource } from './capacity-providers.ts';
import { matchesExpression } from './cluster-query.ts';
import { REGION_AND_ACCOUNT } from './shapes.ts';
import type { Definitions } from './task-definitions.ts';
import type { ContainerInstance, Definition, Task } from './types.ts';

export interface RunTaskDependencies {
  readonly tasks: Map<string, Task>;
  readonly definitions: Definitions;
  readonly capacity: CapacityProviders;
  readonly containerInstances: ReadonlyMap<string, ContainerInstance>;
  place(task: Task, containerInstance: ContainerInstance): void;
  /** Publishes the event of a new task. */
  onAccepted(task: Task): void;
  shape(task: Task): TaskShape;
}

interface RunTaskResponse {
  readonly tasks: TaskShape[];
  readonly failures: { readonly arn?: string; readonly reason: string }[];
}

interface UsedToken {
  readonly parameters: string;
  readonly usedAt: number;
  readonly firstResponse: RunTaskResponse;
  readonly task?: Task;
}

const TOKEN_MAX_AGE_MS = 86_400_000;
const TOKEN_RETENTION_AFTER_STOP_MS = 3_600_000;
const PROVISIONING_MAX = 500;

/** Reasons in `failures[]` of a RunTask that may succeed when it is repeated. */
const TRANSIENT_FAILURES = ['RESOURCE:ENI', 'AGENT', 'LOCATION'] as const;

/** RunTask: client tokens, limits and placement. */
export class RunTaskModel {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #cluster: string;
  readonly #dependencies: RunTaskDependencies;
  readonly #tokens = new Map<string, UsedToken>();
  #count = 0;
  readonly #replayReturnsFirstResponse: boolean;
  readonly #limitCheckedBeforeToken: boolean;
  readonly #failureConsumesToken: boolean;

  constructor(kernel: Kernel, draws: HazardDraws, cluster: string, dependencies: RunTaskDependencies) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#cluster = cluster;
    this.#dependencies = dependencies;
    this.#replayReturnsFirstResponse = draws.happens('replayReturnsFirstResponse');
    this.#limitCheckedBeforeToken = draws.happens('limitCheckedBeforeToken');
    this.#failureConsumesToken = draws.happens('failureConsumesToken');
  }

  run(input: RunTaskCommandInput): RunTaskResponse {
    const definition = this.#validate(input);
    if (this.#limitCheckedBeforeToken) this.#checkLimit();
    const { clientToken = '', ...parameters } = input;
    const fingerprint = JSON.stringify(parameters);
    const used = this.#findToken(clientToken);
    if (used !== undefined) return this.#replay(used, fingerprint);
    this.#checkLimit();
    const result = this.#place(input, definition);
    const task = 'arn' in result ? result : undefined;
    const response = 'arn' in result ? { tasks: [this.#dependencies.shape(result)], failures: [] } : result;
    if (clientToken !== '' && (task !== undefined || this.#failureConsumesToken)) {
      const usedAt = this.#kernel.now();
      this.#tokens.set(clientToken, {
        parameters: fingerprint,
        usedAt,
        firstResponse: response,
        ...(task === undefined ? {} : { task }),
      });
    }
    return response;
  }

  #validate(input: RunTaskCommandInput): Definition {
    const { clientToken = '', startedBy = '', overrides = {}, count = 1, launchType } = input;
    const strategy = input.capacityProviderStrategy;
    const isInvalid =
      !/^[\x21-\x7e]{0,64}$/.test(clientToken) ||
      !/^[\w/-]{0,128}$/.test(startedBy) ||
      JSON.stringify(overrides).length > 8192 ||
      count !== 1 ||
      (strategy !== undefined && launchType !== undefined) ||
      (strategy !== undefined && !this.#dependencies.capacity.has(strategy[0]?.capacityProvider ?? '')) ||
      input.networkConfiguration?.awsvpcConfiguration === undefined;
    if (isInvalid) throw awsError('InvalidParameterException', 'A parameter is not valid.');
    const definition = this.#dependencies.definitions.find(input.taskDefinition ?? '');
    if (definition === undefined) throw awsError('ClientException', 'TaskDefinition not found.');
    if (!definition.active) throw awsError('ClientException', 'TaskDefinition is inactive');
    return definition;
  }

  #findToken(token: string): UsedToken | undefined {
    const used = this.#tokens.get(token);
    if (used === undefined) return undefined;
    const now = this.#kernel.now();
    const endedAt = used.task === undefined ? used.usedAt : used.task.stoppedAt;
    const valid =
      now < used.usedAt + TOKEN_MAX_AGE_MS &&
      (endedAt === undefined || now < endedAt + TOKEN_RETENTION_AFTER_STOP_MS);
    return valid ? used : undefined;
  }

  #replay({ parameters, firstResponse, task }: UsedToken, fingerprint: string): RunTaskResponse {
    if (parameters !== fingerprint) {
      throw awsError('ConflictException', 'The clientToken was used with other parameters.', {
        resourceIds: task === undefined ? [] : [task.arn],
      });
    }
    return task === undefined || this.#replayReturnsFirstResponse
      ? firstResponse
      : { tasks: [this.#dependencies.shape(task)], failures: [] };
  }

  #checkLimit(): void {
    let provisioning = 0;
    for (const { lastStatus } of this.#dependencies.tasks.values())
      if (lastStatus === 'PROVISIONING') provisioning += 1;
    if (provisioning >= PROVISIONING_MAX) {
      throw awsError('ClientException', 'The limit for the number of tasks in PROVISIONING is reached.');
    }
  }

  #place(input: RunTaskCommandInput, definition: Definition): Task | RunTaskResponse {
    const size = sizeOf(input, definition);
    if (this.#draws.happens('runTaskRefused')) return failureResponse(this.#draws.pick(TRANSIENT_FAILURES));
    const provider = input.capacityProviderStrategy?.[0]?.capacityProvider;
    if (provider === undefined) return this.#placeByConstraint(input, definition, size);
    const containerInstance = this.#dependencies.capacity.findContainerInstance(size, provider);
    if (containerInstance === undefined && !this.#dependencies.capacity.hasManagedScaling(provider))
      return failureResponse('RESOURCE:MEMORY');
    const task = this.#createTask(input, definition, size, provider);
    if (containerInstance === undefined) this.#dependencies.capacity.enqueue(task);
    else this.#dependencies.place(task, containerInstance);
    return task;
  }

  #placeByConstraint(input: RunTaskCommandInput, definition: Definition, size: Size): Task | RunTaskResponse {
    const expressions = (input.placementConstraints ?? []).flatMap(({ expression }) => expression ?? []);
    const matching = [...this.#dependencies.containerInstances.values()].filter(
      (containerInstance) =>
        containerInstance.status === 'ACTIVE' &&
        expressions.every((text) => matchesExpression(text, containerInstance)),
    );
    if (matching.length === 0) {
      return failureResponse(this.#draws.pick(['ATTRIBUTE', 'MemberOf placement constraint unsatisfied.']));
    }
    const containerInstance = matching.find((candidate) => hasFreeCapacity(candidate, size));
    if (containerInstance !== undefined) {
      const task = this.#createTask(input, definition, size, undefined);
      this.#dependencies.place(task, containerInstance);
      return task;
    }
    const [first] = matching;
    const missing = first?.agentConnected ? missingResource(first.free, size) : undefined;
    return failureResponse(missing === undefined ? 'AGENT' : `RESOURCE:${missing}`);
  }

  #createTask(
    input: RunTaskCommandInput,
    definition: Definition,
    size: Size,
    provider: string | undefined,
  ): Task {
    const now = this.#kernel.now();
    const environmentVariable = (variableName: string) =>
      input.overrides?.containerOverrides
        ?.flatMap(({ environment }) => environment ?? [])
        .find(({ name }) => name === variableName)?.value ?? '';
    const describeDelayMs = this.#draws.happens('describeIsStale') ? this.#draws.secondsAsMs(1, 8) : 0;
    const listDelayMs = this.#draws.happens('listIsStale') ? this.#draws.secondsAsMs(1, 15) : 0;
    this.#count += 1;
    const task: Task = {
      arn: `arn:aws:ecs:${REGION_AND_ACCOUNT}:task/${this.#cluster}/${this.#count.toString(16).padStart(32, '0')}`,
      definition,
      request: input,
      size,
      workbenchId: input.group?.replace(/^workbench\//, '') ?? '',
      runId: environmentVariable('WB_RUN_ID'),
      attempt: Number(environmentVariable('WB_RUN_ATTEMPT')),
      provider,
      createdAt: now,
      describableAt: now + describeDelayMs,
      listableAt: now + listDelayMs,
      version: 1,
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      desiredStatusListedAt: now,
      retainedUntil: Number.POSITIVE_INFINITY,
      containerState: 'waiting',
    };
    this.#dependencies.tasks.set(task.arn, task);
    this.#dependencies.onAccepted(task);
    return task;
  }
}

function failureResponse(reason: string): RunTaskResponse {
  return { tasks: [], failures: [{ reason }] };
}

function sizeOf({ overrides }: RunTaskCommandInput, { input }: Definition): Size {
  const requirements = overrides?.containerOverrides?.flatMap(
    ({ resourceRequirements }) => resourceRequirements ?? [],
  );
  return {
    cpuUnits: Number(overrides?.cpu ?? input.cpu ?? 0),
    memoryMib: Number(overrides?.memory ?? input.memory ?? 0),
    gpuCount: Number(requirements?.find(({ type }) => type === 'GPU')?.value ?? 0),
  };
}
