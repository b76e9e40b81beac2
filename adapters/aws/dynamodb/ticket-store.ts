import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '#contract/table.ts';
import { type Ticket, type TicketStore, ticketKeptUntil, ticketSchema } from '#core/ports/ticket-store.ts';
import { callDynamoDb } from './errors.ts';
import { keyAttributes, ticketKey } from './keys.ts';

/** Tickets in DynamoDB: one item each, in a partition of its own. The TTL deletes those that are not used. */
export class DynamoTicketStore implements TicketStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async create(ticket: Ticket): Promise<void> {
    await callDynamoDb('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(ticketKey(ticket.hash)),
            ticket: { M: marshall(ticket, { removeUndefinedValues: true }) },
            [TABLE.ttlAttribute]: { N: String(Math.ceil(ticketKeptUntil(ticket) / 1000)) },
          },
        }),
      ),
    );
  }

  async read(hash: string): Promise<Ticket | undefined> {
    const { Item } = await callDynamoDb('GetItem', () =>
      this.#client.send(
        new GetItemCommand({
          TableName: this.#table,
          Key: keyAttributes(ticketKey(hash)),
          ConsistentRead: true,
        }),
      ),
    );
    return Item === undefined ? undefined : ticketSchema.parse(unmarshall(Item.ticket?.M ?? {}));
  }

  async burn(hash: string): Promise<Ticket | undefined> {
    // Of all deletions only the one that deleted the item receives it. The SDK may repeat a deletion whose response was
    // lost: then no call receives the item, and the ticket is used up.
    const { Attributes } = await callDynamoDb('DeleteItem', () =>
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#table,
          Key: keyAttributes(ticketKey(hash)),
          ReturnValues: 'ALL_OLD',
        }),
      ),
    );
    return Attributes === undefined ? undefined : ticketSchema.parse(unmarshall(Attributes.ticket?.M ?? {}));
  }
}
