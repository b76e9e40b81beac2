import { describeStores } from './describe-stores.ts';

describeStores('in memory', { inFile: false });
describeStores('in a file', { inFile: true });
