import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { StoredSweepRequest, SweepRequest, SweepStarter } from '#core/ports/sweep-starter.ts';
import { SWEEPS, type Sweep } from '#core/reconcile/report.ts';
import type { DynamoSweepRequests } from '../dynamodb/sweep-requests.ts';
import { callAws } from '../errors.ts';

/** Starts sweeps by asynchronous invocations of their functions. Lambda does not retry them, as after their schedule. */
export class LambdaSweepStarter implements SweepStarter {
  readonly available = SWEEPS;
  readonly #client: Pick<LambdaClient, 'send'>;
  readonly #requests: DynamoSweepRequests;
  readonly #nameOf: (sweep: Sweep) => string;

  /** @param nameOf returns the name of the function of a sweep */
  constructor(
    client: Pick<LambdaClient, 'send'>,
    requests: DynamoSweepRequests,
    nameOf: (sweep: Sweep) => string,
  ) {
    this.#client = client;
    this.#requests = requests;
    this.#nameOf = nameOf;
  }

  lastRequest(): Promise<StoredSweepRequest | undefined> {
    return this.#requests.read();
  }

  async start(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<'started' | 'busy'> {
    if (!(await this.#requests.replace(request, previous))) return 'busy';
    try {
      await callAws('lambda', 'Invoke', () =>
        this.#client.send(
          new InvokeCommand({ FunctionName: this.#nameOf(request.sweep), InvocationType: 'Event' }),
        ),
      );
    } catch (error) {
      await this.#requests.remove(request);
      throw error;
    }
    return 'started';
  }
}
