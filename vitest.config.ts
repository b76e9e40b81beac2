import { lane } from './test/set-up/lane.ts';

/** `npm test`: what needs only Node.js, without the slow files, whose areas other files of the lane test as well. */
export default lane({ schedules: 200, propertyRuns: 30, slowFiles: false });
