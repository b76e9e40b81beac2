/** An error as the SDK throws it. Callers recognise it by its name. */
export function awsError(
  name: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
  statusCode = 400,
): Error {
  const error = new Error(message);
  error.name = name;
  return Object.assign(error, {
    $fault: statusCode >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: statusCode, attempts: 1, requestId: 'simulated' },
    ...fields,
  });
}

/** The part of an SDK command that the models read. */
export interface AwsCommand {
  readonly input: object;
}

export const METADATA = { httpStatusCode: 200, attempts: 1, requestId: 'simulated' } as const;
