import type { Command } from 'commander';
import type { CreateRequest, UpdateRequest, Workbench } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { collectLabel, parseCount, parseGib, parseVcpus } from './parse.ts';

type Schedule = NonNullable<Workbench['schedule']>;

/** What `wb create` and `wb update` set. */
interface WorkbenchFlags {
  readonly name?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  /** Minutes. */
  readonly idle?: number;
  readonly label: Readonly<Record<string, string>>;
  readonly scheduleStart?: string;
  readonly scheduleStop?: string;
  readonly timeZone?: string;
}

export interface CreateFlags extends WorkbenchFlags {
  readonly template?: string;
  readonly size?: string;
  readonly instanceType?: string;
}

export interface UpdateFlags extends WorkbenchFlags {
  /** False: `--no-schedule`. */
  readonly schedule: boolean;
}

/** @param labels what `--label` means */
export function addWorkbenchOptions(command: Command, labels: string): Command {
  return command
    .option('--name <name>', 'name of the workbench')
    .option('--cpu <vcpus>', 'processors, for example 0.5 or 2', parseVcpus)
    .option('--memory <gib>', 'memory in GiB, for example 4', parseGib)
    .option('--gpu <count>', 'number of GPUs', parseCount)
    .option('--idle <minutes>', 'stop it when it was not used for so long', parseCount)
    .option('--label <key=value>', labels, collectLabel, {})
    .option('--schedule-start <cron>', 'when it starts by itself, for example "30 8 * * 1-5"')
    .option('--schedule-stop <cron>', 'when it stops by itself')
    .option(
      '--time-zone <zone>',
      'of the schedule, for example Europe/Berlin (default: that of this computer)',
    );
}

export function toCreateRequest(flags: CreateFlags): CreateRequest {
  return withoutUndefined({
    ...fieldsOf(flags),
    template: flags.template,
    size: flags.size,
    allocated_instance_type: flags.instanceType,
    schedule: scheduleOf(flags, undefined),
  });
}

/**
 * @param present the schedule of the workbench: a flag changes only its part of it
 * @throws CommandError if there is nothing to change
 */
export function toUpdateRequest(flags: UpdateFlags, present: Schedule | undefined): UpdateRequest {
  const schedule = flags.schedule ? scheduleOf(flags, present) : null;
  const request = withoutUndefined({ ...fieldsOf(flags), schedule });
  if (Object.keys(request).length > 0) return request;
  throw new CommandError(EXIT_CODES.usage, 'Nothing to change. See: wb update --help');
}

function fieldsOf({ name, cpu, memory, gpu, idle, label }: WorkbenchFlags) {
  return {
    workbench_name: name,
    requested_cpu: cpu,
    requested_memory: memory,
    requested_gpu: gpu,
    idle_stop_minutes: idle,
    labels: Object.keys(label).length === 0 ? undefined : label,
  };
}

function scheduleOf(
  { scheduleStart: start, scheduleStop: stop, timeZone }: WorkbenchFlags,
  present: Schedule | undefined,
): Schedule | undefined {
  if (start === undefined && stop === undefined && timeZone === undefined) return undefined;
  if (start === undefined && stop === undefined && present === undefined) {
    throw new CommandError(EXIT_CODES.usage, '--time-zone needs --schedule-start or --schedule-stop.');
  }
  return {
    time_zone: timeZone ?? present?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...withoutUndefined({ start: start ?? present?.start, stop: stop ?? present?.stop }),
  };
}

/** An object without the fields that are undefined: they are not sent. */
function withoutUndefined<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
