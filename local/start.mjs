// `npm start`. Its options of Node.js limit the garbage that is kept until it is collected, by default several times what
// is in use: half of the server's memory. A direct `node local/start.mjs` works the same and needs this memory.
import './require-node.mjs';

const { main } = await import('./main.ts');
await main();
