// Plain JavaScript, so that an old version of Node.js can run this check.
const NEEDED = [24, 4];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `Node.js ${NEEDED.join('.')} or newer is required. This is ${process.version}.\n` +
      'On Linux `npm ci` installs Node.js 24: run it, then `npm start`.\n' +
      'On other systems install Node.js 24 from https://nodejs.org.',
  );
  process.exit(1);
}

const { main } = await import('./main.ts');
await main();
