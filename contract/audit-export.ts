/** The folder of exported audit events in their bucket. */
export const AUDIT_PREFIX = 'audit/';
