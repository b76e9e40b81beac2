import * as z from 'zod/mini';
import { auditEventSchema } from '#core/audit/audit-event.ts';
import { listRunning } from '#core/gate/list-running.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { StartTimesStore } from '#core/ports/start-times-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { type TicketStore, ticketSchema } from '#core/ports/ticket-store.ts';
import { UnreadableRecord, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import { encodeRecord } from '#core/workbench/record-codec.ts';
import { listStartTimes } from '#core/workbench/start-times.ts';
import {
  type ArgumentOf,
  CALLS_MAX,
  type CallFailure,
  type GateCall,
  type GateRequestMessage,
  monotonicMs,
  type ResultOf,
  type ToGate,
} from '#gate/ipc/messages.ts';
import type { WorkbenchCommands } from '#gate/ports.ts';

type GateResponse = Extract<ToGate, { type: 'result' | 'failure' }>;

interface CallHandler<C extends GateCall> {
  /** What the gate may ask for. It reads what browsers and workbenches send, so its messages are checked. */
  readonly argument: z.ZodMiniType<ArgumentOf<C>>;
  readonly run: (argument: ArgumentOf<C>) => Promise<ResultOf<C>>;
}

type CallHandlers = { readonly [C in GateCall]: CallHandler<C> };

/** The stores of the controller that the gate reads and writes. */
export interface GateStores {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read' | 'listActive'>;
  readonly activity: Pick<ActivityStore, 'record' | 'readEvidence'>;
  readonly audit: Pick<AuditStore, 'append' | 'appendOnce'>;
  readonly shares: Pick<ShareStore, 'listByWorkbench'>;
  readonly tickets: TicketStore;
  readonly cutoffs: SessionCutoffStore;
  readonly startTimes: Pick<StartTimesStore, 'list'>;
}

const UNAVAILABLE_COMMANDS: WorkbenchCommands = {
  start: async () => ({ kind: 'unavailable' }),
  stop: async () => ({ kind: 'unavailable' }),
  previewLink: async () => ({ kind: 'unavailable' }),
  redeemLink: async () => ({ kind: 'unavailable' }),
};

const requestSchema = z.object({
  type: z.literal('request'),
  id: z.int(),
  call: z.string(),
  argument: z.unknown(),
  deadline: z.number(),
});

const TEXT = z.string().check(z.maxLength(1024));
const KEY = z.strictObject({ userId: TEXT, workbenchId: TEXT });
const LINK = z.strictObject({ userId: TEXT, code: TEXT });

/** Executes the requests of the gate in the controller. */
export class GateRequests {
  readonly #handlers: CallHandlers;
  readonly #telemetry: Telemetry;
  readonly #now: () => number;
  #commands: WorkbenchCommands = UNAVAILABLE_COMMANDS;
  #running = 0;

  /** @param now the clock of deadlines */
  constructor(stores: GateStores, telemetry: Telemetry, now: () => number = monotonicMs) {
    this.#handlers = handlersOf(stores, () => this.#commands);
    this.#telemetry = telemetry;
    this.#now = now;
  }

  /** Connects the API, which is built after the gate listens. Until then commands are unavailable. */
  setCommands(commands: WorkbenchCommands): void {
    this.#commands = commands;
  }

  /** Returns the response; undefined if the gate no longer waits for it. */
  async respond(message: GateRequestMessage): Promise<GateResponse | undefined> {
    const { id, call, argument, deadline } = requestSchema.parse(message);
    // The controller may have been paused. A late start or stop would surprise the user.
    if (this.#now() >= deadline) return undefined;
    if (this.#running >= CALLS_MAX) return failure(id, 'unavailable', 'too many requests');
    this.#running += 1;
    try {
      return { type: 'result', id, result: await this.#run(call, argument) };
    } catch (error) {
      return { type: 'failure', id, failure: this.#describe(call, error) };
    } finally {
      this.#running -= 1;
    }
  }

  #run(call: string, argument: unknown): Promise<unknown> {
    if (!Object.hasOwn(this.#handlers, call)) throw new Error(`the gate sent an unknown request: ${call}`);
    const handler = this.#handlers[call as GateCall] as CallHandler<GateCall>;
    return handler.run(handler.argument.parse(argument));
  }

  #describe(call: string, error: unknown): CallFailure {
    if (error instanceof UnreadableRecord)
      return { kind: 'unreadable', message: `${error.message}: ${String(error.cause)}` };
    if (error instanceof PortError) return { kind: error.kind, message: error.message };
    this.#telemetry.error('a request of the gate failed', { call }, error);
    return { kind: 'unavailable', message: 'the controller failed' };
  }
}

function handlersOf(
  { workbenches, activity, shares, tickets, cutoffs, audit, startTimes }: GateStores,
  commands: () => WorkbenchCommands,
): CallHandlers {
  return {
    findWorkbench: {
      argument: z.strictObject({ workbenchId: TEXT }),
      run: async ({ workbenchId }) => (await workbenches.findByWorkbenchId(workbenchId)) ?? null,
    },
    readWorkbench: {
      argument: KEY,
      async run(key) {
        const workbench = await workbenches.read(key);
        return workbench === undefined ? null : encodeRecord(workbench);
      },
    },
    listShares: {
      argument: z.strictObject({ workbenchId: TEXT }),
      run: ({ workbenchId }) => shares.listByWorkbench(workbenchId),
    },
    listRunning: { argument: z.strictObject({}), run: () => listRunning(workbenches) },
    recordActivity: {
      argument: z.strictObject({ workbenchId: TEXT, at: z.int() }),
      async run({ workbenchId, at }) {
        await activity.record(workbenchId, at);
        return null;
      },
    },
    readEvidence: {
      argument: z.strictObject({ workbenchId: TEXT, runId: TEXT }),
      run: ({ workbenchId, runId }) => activity.readEvidence(workbenchId, runId),
    },
    appendAudit: {
      argument: z.strictObject({ event: auditEventSchema, once: z.boolean() }),
      async run({ event, once }) {
        await (once ? audit.appendOnce(event) : audit.append(event));
        return null;
      },
    },
    listStartTimes: {
      argument: z.strictObject({}),
      run: () => listStartTimes({ startTimes }, Date.now()),
    },
    createTicket: {
      argument: ticketSchema,
      async run(ticket) {
        await tickets.create(ticket);
        return null;
      },
    },
    readTicket: {
      argument: z.strictObject({ hash: TEXT }),
      run: async ({ hash }) => (await tickets.read(hash)) ?? null,
    },
    burnTicket: {
      argument: z.strictObject({ hash: TEXT }),
      run: async ({ hash }) => (await tickets.burn(hash)) ?? null,
    },
    raiseCutoff: {
      argument: z.strictObject({ userId: TEXT, at: z.int(), issuerSession: z.optional(TEXT) }),
      async run({ userId, at, issuerSession }) {
        await cutoffs.raise(userId, at, issuerSession);
        return null;
      },
    },
    readCutoffs: {
      argument: z.strictObject({ userId: TEXT }),
      run: ({ userId }) => cutoffs.read(userId),
    },
    startWorkbench: {
      argument: KEY,
      run: ({ userId, workbenchId }) => commands().start(userId, workbenchId),
    },
    stopWorkbench: {
      argument: KEY,
      run: ({ userId, workbenchId }) => commands().stop(userId, workbenchId),
    },
    previewLink: {
      argument: LINK,
      run: ({ userId, code }) => commands().previewLink(userId, code),
    },
    redeemLink: {
      argument: LINK,
      run: ({ userId, code }) => commands().redeemLink(userId, code),
    },
  };
}

function failure(id: number, kind: CallFailure['kind'], message: string): GateResponse {
  return { type: 'failure', id, failure: { kind, message } };
}
