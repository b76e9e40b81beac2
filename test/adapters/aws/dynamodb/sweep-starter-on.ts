import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoSweepRequests } from '#adapters/aws/dynamodb/sweep-requests.ts';
import { LambdaSweepStarter } from '#adapters/aws/lambda/sweep-starter.ts';
import type { Sweep } from '#core/reconcile/report.ts';
import type { SweepStarterSubject } from '#test/contracts/sweep-starter.ts';
import { recordingClient } from '../golden/recording-client.ts';

/** A LambdaSweepStarter with its request in this table, whose invocations are recorded. */
export function sweepStarterOn({
  client: dynamoDb,
  tableName,
  dispose,
}: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly dispose: () => Promise<void>;
}): SweepStarterSubject {
  const { client, inputsOf } = recordingClient();
  const requests = new DynamoSweepRequests(dynamoDb, tableName);
  return {
    starter: new LambdaSweepStarter(client, requests, (sweep) => sweep),
    started: () =>
      (inputsOf('Invoke') as readonly { readonly FunctionName: Sweep }[]).map(
        ({ FunctionName }) => FunctionName,
      ),
    dispose,
  };
}
