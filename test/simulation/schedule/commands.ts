import fc from 'fast-check';
import { anyRollout, type Rollout } from './mixed-fleet.ts';

/** The actions of a user. */
export const COMMAND_KINDS = [
  'create',
  'create_twice',
  'start',
  'stop',
  'restart',
  'restart_twice',
  'force_stop',
  'delete',
  'rename',
  'read',
  'list',
] as const;
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** The users, and the maximum number of workbenches of each. */
export const USERS = ['ada', 'grace'] as const;
export const SLOTS_PER_USER = 2;

export interface Command {
  /** Milliseconds since the start of the schedule. */
  readonly at: number;
  /** Index in USERS. */
  readonly user: number;
  /** Index of the user's workbench. */
  readonly slot: number;
  readonly kind: CommandKind;
  /** Whether a created workbench gets a host. */
  readonly dedicated: boolean;
}

/** During this time users act and faults are injected: 25 minutes, in milliseconds. */
export const FAULT_PHASE_MS = 25 * 60_000;

export interface Schedule {
  readonly commands: readonly Command[];
  /** The random numbers of the schedule, 0 … 2³²−1. */
  readonly tape: readonly number[];
  /** The probability that a fault is injected into a call, in percent. */
  readonly faultPercent: number;
  /** When the functions are replaced by those of a newer version; undefined: never. */
  readonly rollout?: Rollout | undefined;
}

/** A command as the log of a schedule and a failure print it. */
export function describeCommand({ user, slot, kind, dedicated }: Command): string {
  const name = USERS[user % USERS.length];
  if (kind === 'list') return `user ${name}: list`;
  const isCreate = kind === 'create' || kind === 'create_twice';
  return `user ${name}: ${kind} workbench ${slot}${isCreate && dedicated ? ' with a host' : ''}`;
}

const gap = fc.oneof(fc.nat(3000), fc.nat(60_000), fc.nat(5 * 60_000));
const slots = { user: fc.nat(USERS.length - 1), slot: fc.nat(SLOTS_PER_USER - 1), dedicated: fc.boolean() };
const create = fc.record({
  gap: fc.nat(5000),
  kind: fc.constantFrom('create' as const, 'create_twice'),
  ...slots,
});
const command = fc.record({ gap, kind: fc.constantFrom(...COMMAND_KINDS), ...slots });

/** Random schedules in which users act in bursts: a stop seconds after a start, a deletion during a start. */
export const anySchedule: fc.Arbitrary<Schedule> = fc.record({
  commands: fc
    .tuple(fc.array(create, { minLength: 1, maxLength: 3 }), fc.array(command, { maxLength: 14 }))
    .map(([creates, others]) => assignTimes([...creates, ...others])),
  tape: fc.array(fc.nat(2 ** 32 - 1), { minLength: 1000, maxLength: 2500, size: 'max' }),
  faultPercent: fc.constantFrom(0, 3, 8, 20, 35),
  rollout: fc.option(anyRollout, { nil: undefined, freq: 2 }),
});

/** Replaces the gaps between commands by times, at most FAULT_PHASE_MS. */
function assignTimes(all: readonly (Omit<Command, 'at'> & { readonly gap: number })[]): readonly Command[] {
  let at = 0;
  return all.map(({ gap, ...command }) => {
    at = Math.min(at + gap, FAULT_PHASE_MS);
    return { at, ...command };
  });
}
