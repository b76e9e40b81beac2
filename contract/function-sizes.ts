/**
 * Timeouts and memory of functions, for the rows of contract/deployed-functions.ts. The table is part of every bundle, so this file
 * contains only data and imports nothing.
 */

/** API Gateway waits 30 s. The function responds with 503 half a second before its timeout. */
export const API = { timeoutSeconds: 29, memoryMib: 512 } as const;
export const READING_API = { clients: ['dynamodb'], ...API } as const;
export const CHANGING_API = { clients: ['dynamodb', 'sqs'], ...API } as const;
/** For one event or one batch of messages. */
export const WORKER = { timeoutSeconds: 60, memoryMib: 512 } as const;
/**
 * For slices of volumes. The last one begins within 20 s of the invocation, and begins its last file systems within another
 * 20 s (adapters/aws/efs/volume-store.ts). On each, the janitor is called twice, and a call takes at most 25 s. The first
 * slice of a volume also deletes the access point, with two calls of EFS and one of the janitor; after 40 s it leaves the
 * files to the next slice. It exceeds the timeout only if EFS and the janitor are both at their own limits. Then the queue
 * delivers the messages again, and the next slice continues.
 */
export const DELETER = { timeoutSeconds: 90, memoryMib: 512 } as const;
/** For a sweep that reads every active record or resource. The next one starts ten minutes later. */
export const FREQUENT_SWEEP = { timeoutSeconds: 300, memoryMib: 512 } as const;
/** The maximum of Lambda. The next sweep finds what is left. */
export const HOURLY_SWEEP = { timeoutSeconds: 900, memoryMib: 512 } as const;
