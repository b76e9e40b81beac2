import type { DynamoDBBatchItemFailure, DynamoDBBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import { BusEventPublisher, createEventBridgeClient } from '#adapters/aws/eventbridge/event-publisher.ts';
import { EVENT_ATTRIBUTE } from '#contract/table.ts';
import { workbenchEventSchema } from '#contract/workbench-event.ts';
import { type PublishPorts, publishEvents, reportDropped } from '#core/workbench/publish-events.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { createHandler } from '../wiring/create-handler.ts';

/** The used part of a record of the stream of the table. */
export interface TableChange {
  readonly dynamodb?: {
    readonly SequenceNumber?: string;
    readonly Keys?: Readonly<Record<string, { readonly S?: string }>>;
    readonly NewImage?: Readonly<Record<string, { readonly S?: string } | object>>;
  };
}

const textSchema = z.object({ S: z.string() });

/**
 * Publishes the events of new history entries. Returns the earliest change whose event was not accepted: Lambda calls the function again
 * with it and those after it, until all are published. So an event can be published twice, and never be left out. A change without an
 * event, or with one that this version cannot read, must not hold the others up.
 */
export function build(
  ports: PublishPorts,
): (event: { readonly Records: readonly TableChange[] }) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    const changes = Records.flatMap((change) => {
      const event = readEvent(ports, change);
      return event === undefined ? [] : [{ event, itemIdentifier: change.dynamodb?.SequenceNumber ?? '' }];
    });
    const unpublished = await publishEvents(
      ports,
      changes.map(({ event }) => event),
    );
    const batchItemFailures: DynamoDBBatchItemFailure[] = changes
      .filter(({ event }) => unpublished.has(event.id))
      .slice(0, 1)
      .map(({ itemIdentifier }) => ({ itemIdentifier }));
    return { batchItemFailures };
  };
}

function readEvent({ telemetry }: PublishPorts, { dynamodb }: TableChange): WorkbenchEvent | undefined {
  const stored = dynamodb?.NewImage?.[EVENT_ATTRIBUTE];
  if (stored === undefined) return undefined;
  try {
    return workbenchEventSchema.parse(JSON.parse(textSchema.parse(stored).S));
  } catch {
    reportDropped(telemetry, `${dynamodb?.Keys?.pk?.S} ${dynamodb?.Keys?.sk?.S}`, 'unreadable');
    return undefined;
  }
}

export const handler = createHandler('publish-events', ({ settings, telemetry }) =>
  build({ publisher: new BusEventPublisher(createEventBridgeClient(), settings.WB_EVENT_BUS), telemetry }),
);
