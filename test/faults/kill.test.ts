import { existsSync } from 'node:fs';
import { mkdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { createDataDir, LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { Random } from '../../bench/placement/random.ts';
import { Client } from './client.ts';
import { LINUX, skipUnlessMet } from './needs.ts';
import { copyDatabase, readStoredRecords } from './stored-records.ts';

const ROUNDS = 20;
const CLIENTS = ['alice', 'bob', 'carol', 'dave'];
/** The responses of a round, after which the server is killed. */
const RESPONSES = { min: 40, max: 160 };
/** The file that each workbench writes at its start. */
const FILE = 'started.txt';

const SETTINGS = {
  WB_BOOT_COMMAND: `echo "$WORKBENCH_ID" > ${FILE}; ${TINY_SERVER}`,
  WB_LOCAL_MAX_RUNNING: '4',
  WB_LOCAL_STOP_TIMEOUT_SECONDS: '0',
};

function startClients(random: Random): readonly Client[] {
  return CLIENTS.map((name) => new Client(name, new Random(Math.floor(random.next() * 2 ** 32))));
}

/** Lets all clients work, and kills the server with SIGKILL after a random number of responses. */
async function workUntilKilled(
  server: LocalServer,
  clients: readonly Client[],
  random: Random,
): Promise<void> {
  const last = Math.floor(random.between(RESPONSES.min, RESPONSES.max));
  const pid = await server.findPid();
  let responses = 0;
  const onResponse = () => {
    responses += 1;
    if (responses === last) process.kill(pid, 'SIGKILL');
  };
  const { api } = server;
  await Promise.all(clients.map((client) => client.work(api, onResponse)));
  // If all clients stopped for another reason, the server did not respond.
  expect(responses, server.output).toBeGreaterThanOrEqual(last);
  await server.waitForExit();
}

/** Compares what the responses confirmed with the records on the disk. */
async function compareWithRecords(dataDir: string, copies: string, clients: readonly Client[]) {
  await mkdir(copies, { recursive: true });
  const { integrity, byUser } = await readStoredRecords(dataDir, copies);
  expect(integrity).toBe('ok');
  return clients.flatMap(({ ledger }) => ledger.copy().compare(byUser.get(ledger.client) ?? []));
}

/** Compares what the responses confirmed with the files on the disk. */
async function compareWithFiles(dataDir: string, clients: readonly Client[]): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const { ledger } of clients) {
    for (const id of ledger.withFiles) {
      const content = await readFile(join(dataDir, 'volumes', id, FILE), 'utf8').catch(() => 'no file');
      if (content !== `${id}\n`) differences.push(`${ledger.client}: ${id} ran and has ${content}`);
    }
    for (const id of ledger.gone)
      if (existsSync(join(dataDir, 'volumes', id)))
        differences.push(`${ledger.client}: ${id} has files after 404`);
  }
  return differences;
}

/** Compares what the responses confirmed with what the next server returns. */
async function compareWithApi(api: string, clients: readonly Client[]): Promise<readonly string[]> {
  const differences = await Promise.all(
    clients.map(async (client) => {
      await client.repeatUnknownCreates(api);
      return [...client.ledger.compare(await client.list(api)), ...(await client.repeatLastCreate(api))];
    }),
  );
  return differences.flat();
}

test(`after each of ${ROUNDS} kill -9 under load, everything that the responses to four clients confirmed is there`, async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX);
  const random = new Random(inject('seed'));
  const dataDir = await createDataDir();
  const copies = await createDataDir();
  const clients = startClients(random);
  // It makes no further requests, so that in each round the files of a workbench that has run are compared.
  const observer = new Client('erin', new Random(0));
  const all = [...clients, observer];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const server = await LocalServer.start(dataDir, SETTINGS, SERVER_ALONE);
    expect(await compareWithApi(server.api, all), `the API before round ${round}`).toEqual([]);
    if (round === 1) await observer.createRunning(server.api);
    await workUntilKilled(server, clients, random);
    const records = await compareWithRecords(dataDir, join(copies, `${round}`), all);
    expect(records, `the records after round ${round}`).toEqual([]);
    expect(await compareWithFiles(dataDir, all), `the files after round ${round}`).toEqual([]);
    expect(server.output).not.toMatch(/^\S+ ERROR /m);
  }
  const last = await LocalServer.start(dataDir, SETTINGS, SERVER_ALONE);
  expect(await compareWithApi(last.api, all)).toEqual([]);
  expect(observer.ledger.withFiles).toHaveLength(1);
  for (const { ledger } of clients) {
    expect(ledger.contradictions()).toEqual([]);
    // Otherwise the comparisons have compared little.
    expect(ledger.size).toBeGreaterThan(ROUNDS);
    expect(ledger.gone.length).toBeGreaterThan(0);
  }
});

test('the comparison finds the loss if the disk has kept only half of the last writes', async ({ skip }) => {
  skipUnlessMet(skip, LINUX);
  const random = new Random(inject('seed'));
  const dataDir = await createDataDir();
  const clients = startClients(random);
  const first = await LocalServer.start(dataDir, SETTINGS, SERVER_ALONE);
  await workUntilKilled(first, clients, random);

  // What a disk without a flush may keep after a loss of power.
  const torn = await createDataDir();
  await copyDatabase(dataDir, torn);
  const log = join(torn, 'state.db-wal');
  const { start, frames, frameBytes } = parseLog(await readFile(log));
  expect(frames).toBeGreaterThan(1);
  await truncate(log, start + Math.floor(frames / 2) * frameBytes);
  const tornCopies = await createDataDir();
  expect(await compareWithRecords(dataDir, join(tornCopies, 'whole'), clients)).toEqual([]);
  expect(await compareWithRecords(torn, join(tornCopies, 'torn'), clients)).not.toEqual([]);

  const second = await LocalServer.start(torn, SETTINGS, SERVER_ALONE);
  expect(await compareWithApi(second.api, clients)).not.toEqual([]);
});

/**
 * Counts the frames of a log of SQLite that are in use: those with the salt of its header. The frames of an earlier round,
 * which keep the space of the log reserved, follow them. See https://sqlite.org/walformat.html.
 */
function parseLog(log: Buffer): { start: number; frames: number; frameBytes: number } {
  const start = 32;
  const frameBytes = 24 + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let frames = 0;
  for (let at = start; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    frames += 1;
  }
  return { start, frames, frameBytes };
}
