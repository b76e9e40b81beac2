import type { Labels } from './labels.ts';
import type { ScheduleRequest } from './schedule-schema.ts';
import type { WorkbenchSpec } from './spec.ts';

export interface CreateRequest extends WorkbenchSpec {
  /** 1-128 characters. @default `wb-<id>` */
  readonly name?: string;
  readonly labels?: Labels;
  /** When the workbench is to be stopped, milliseconds since 1970. */
  readonly stopAt?: number;
  readonly schedule?: ScheduleRequest;
}

/** The fields of an update; absent fields stay unchanged. */
export interface Changes {
  readonly name?: string;
  /** Replaces all labels. */
  readonly labels?: Labels;
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
  readonly gpuCount?: number;
  readonly onInterruption?: WorkbenchSpec['onInterruption'];
  readonly idleStopMinutes?: number;
  readonly maxRunHours?: number;
  /** As in a create request; null: at no time. */
  readonly stopAt?: number | null;
  /** Replaces the schedule; null: none. */
  readonly schedule?: ScheduleRequest | null;
}

/**
 * Says for each field of a request whether it belongs to `spec` or to another part of the record. A new field does not
 * compile before it is listed, so that it is neither stored in `spec` nor dropped by mistake.
 */
export type FieldTargets<T> = {
  readonly [Field in keyof T]-?: Field extends keyof WorkbenchSpec ? 'spec' : 'record';
};

const CREATE_FIELDS = {
  name: 'record',
  labels: 'record',
  cpuUnits: 'spec',
  memoryMib: 'spec',
  gpuCount: 'spec',
  onInterruption: 'spec',
  dedicatedInstanceType: 'spec',
  idleStopMinutes: 'spec',
  maxRunHours: 'spec',
  stopAt: 'record',
  schedule: 'record',
} as const satisfies FieldTargets<CreateRequest>;

const UPDATE_FIELDS = {
  name: 'record',
  labels: 'record',
  cpuUnits: 'spec',
  memoryMib: 'spec',
  gpuCount: 'spec',
  onInterruption: 'spec',
  idleStopMinutes: 'spec',
  maxRunHours: 'spec',
  stopAt: 'record',
  schedule: 'record',
} as const satisfies FieldTargets<Changes>;

/** Returns the spec of a create request, without the request's other fields. */
export function specOf(request: CreateRequest): WorkbenchSpec {
  return pickSpecFields(request, CREATE_FIELDS) as WorkbenchSpec;
}

/** Returns the spec fields that an update changes. */
export function specChangesOf(changes: Changes): Partial<WorkbenchSpec> {
  return pickSpecFields(changes, UPDATE_FIELDS);
}

function pickSpecFields<T extends object>(request: T, targets: FieldTargets<T>): Partial<WorkbenchSpec> {
  const fields = Object.entries(request).filter(
    ([field, value]) => value !== undefined && targets[field as keyof T] === 'spec',
  );
  return Object.fromEntries(fields) as Partial<WorkbenchSpec>;
}
