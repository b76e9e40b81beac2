import { describeStores } from './describe-stores.ts';

describeStores('in a file', { inFile: true });
