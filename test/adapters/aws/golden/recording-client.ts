interface Command {
  readonly input: object;
}

/** A request as the adapter passed it to the SDK. */
export interface SentRequest {
  /** The operation, for example `RunTask`. */
  readonly name: string;
  readonly input: object;
}

/** Responses by operation. A function gets the input. An operation without a response gets an empty one. */
export type Responses = Readonly<Record<string, object | ((input: never) => object)>>;

/** A client that records the requests and sends nothing. */
export function recordingClient(responses: Responses = {}) {
  const sent: SentRequest[] = [];
  const send = async (command: Command): Promise<object> => {
    const name = command.constructor.name.replace(/Command$/, '');
    const { input } = command;
    sent.push({ name, input });
    const response = responses[name] ?? {};
    return typeof response === 'function' ? response(input as never) : response;
  };
  return {
    /** Every adapter uses `send` alone. */
    client: { send } as never,
    sent,
    /** Returns the inputs of an operation, in the order of the calls. */
    inputsOf: (name: string) => sent.filter((request) => request.name === name).map(({ input }) => input),
  };
}
