/**
 * How far the clocks of the controller, of the tasks of the gate and of the issuer may differ, milliseconds. Times that another
 * process has set are compared with this tolerance where the order of two events decides about access.
 */
export const CLOCK_SKEW_MAX_MS = 30_000;
