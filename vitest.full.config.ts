import { lane } from './test/set-up/lane.ts';

/** `npm run test:full`: all tests that need only Node.js. */
export default lane({ schedules: 2000, propertyRuns: 100, slowFiles: true });
