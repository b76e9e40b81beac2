/**
 * `POST` asks the gate whether it reaches the task of the bearer token (adapters/probe-token.ts). The response is
 * `{"task_id":"…","reachable":true}`, or `{"task_id":"…","reachable":false,"detail":"…"}`.
 */
export const PROBE_PATH = '/.wb/reachable';
