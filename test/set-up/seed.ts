import fc from 'fast-check';
import { inject } from 'vitest';

// A failed property prints this seed and its path.
fc.configureGlobal({ seed: inject('seed'), numRuns: inject('propertyRuns') });
