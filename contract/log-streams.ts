/**
 * The log streams of tasks. The log driver creates them, the function that returns logs reads them, and the CDK app
 * restricts its permission to them.
 */

/** The container of a task in which the program of the workbench runs. */
export const WORKBENCH_CONTAINER = 'workbench';

const LOG_STREAM_PREFIX = 'workbench';

/** The options of the log driver that name the stream of a task. */
export const LOG_STREAM_OPTIONS = { 'awslogs-stream-prefix': LOG_STREAM_PREFIX };

/** Returns the log stream of a task, as the log driver names it. */
export function logStreamOf(taskId: string): string {
  return `${LOG_STREAM_PREFIX}/${WORKBENCH_CONTAINER}/${taskId}`;
}
