import { describeStores } from './describe-stores.ts';

describeStores('in memory', { inFile: false });
// One write per transaction and many differ: concurrent writes of one transaction must not see each other's failures.
describeStores('in memory, one write per transaction', { inFile: false, batchMax: 1 });
describeStores('in a file without a write-ahead log', { inFile: true, journalMode: 'delete' });
