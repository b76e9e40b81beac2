import fc from 'fast-check';

/** What users do. */
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

/** Users and the workbenches that each of them may have. */
export const USERS = ['ada', 'grace'] as const;
export const SLOTS_PER_USER = 2;

export interface Command {
  /** When, in milliseconds from the beginning. */
  readonly at: number;
  readonly user: number;
  /** Which of the user's workbenches. */
  readonly slot: number;
  readonly kind: CommandKind;
  /** A machine of its own; for creates. */
  readonly dedicated: boolean;
}

/** Faults happen, and users act, during this time: 25 minutes, in milliseconds. */
export const FAULT_PHASE_MS = 25 * 60_000;

export interface Schedule {
  readonly commands: readonly Command[];
  readonly tape: readonly number[];
  /** Probability that a call meets a fault, in percent. */
  readonly faultPercent: number;
}

const gap = fc.oneof(fc.nat(3000), fc.nat(60_000), fc.nat(5 * 60_000));
const slots = { user: fc.nat(USERS.length - 1), slot: fc.nat(SLOTS_PER_USER - 1), dedicated: fc.boolean() };
const create = fc.record({
  gap: fc.nat(5000),
  kind: fc.constantFrom('create' as const, 'create_twice'),
  ...slots,
});
const command = fc.record({ gap, kind: fc.constantFrom(...COMMAND_KINDS), ...slots });

/** People act in bursts: a stop comes seconds after the start, a delete while it still starts. */
export const anySchedule: fc.Arbitrary<Schedule> = fc.record({
  commands: fc
    .tuple(fc.array(create, { minLength: 1, maxLength: 3 }), fc.array(command, { maxLength: 14 }))
    .map(([creates, others]) => assignTimes([...creates, ...others])),
  tape: fc.array(fc.nat(2 ** 32 - 1), { minLength: 1000, maxLength: 2500, size: 'max' }),
  faultPercent: fc.constantFrom(0, 3, 8, 20, 35),
});

function assignTimes(all: readonly (Omit<Command, 'at'> & { readonly gap: number })[]): readonly Command[] {
  let at = 0;
  return all.map(({ gap, ...command }) => {
    at = Math.min(at + gap, FAULT_PHASE_MS);
    return { at, ...command };
  });
}
