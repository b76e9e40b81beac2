const SERVER = 'the process of local mode, or the page that a local workbench serves';
const FOLDER = 'a folder of the file system that is no volume';
const DATA_FOLDER = 'the folder of local mode, which has its records and all volumes';
const STAGE_KIND =
  'declares for stage files the kind of setting that the other declares for environment variables';
const ENTRY_POINT =
  'every file of functions/ exports it: the entry point of Lambda, or what builds it from its ports';

/** Exported names that tools/glossary-check.ts lists although they have one meaning, each with the reason. */
export const ONE_MEANING: Readonly<Record<string, string>> = {
  build: ENTRY_POINT,
  handler: ENTRY_POINT,
  choice: STAGE_KIND,
  integer: STAGE_KIND,
  list: STAGE_KIND,
  text: STAGE_KIND,
  GateServer: 'the HTTP server of the gate',
  closeServer: SERVER,
  createPageServer: SERVER,
  endProcessesOfEarlierServer: SERVER,
  PageServerOptions: SERVER,
  RunningServer: SERVER,
  SERVER_STOPPED: SERVER,
  ServerUser: SERVER,
  startServer: SERVER,
  FolderFiles: FOLDER,
  IDE_FOLDER: FOLDER,
  IMAGE_FOLDER: FOLDER,
  prepareFolder: FOLDER,
  RecordFolder: FOLDER,
  RecordFolderOptions: FOLDER,
  replaceFolder: FOLDER,
  ruleFoldersFor: FOLDER,
  STAGES_FOLDER: FOLDER,
  syncFolder: FOLDER,
  isFolderName: FOLDER,
  DataFolderLock: DATA_FOLDER,
  lockDataFolder: DATA_FOLDER,
  openDataFolder: DATA_FOLDER,
  unusableFolder: DATA_FOLDER,
  readDataFolder: DATA_FOLDER,
  projectPathOf: 'the folder `project` of a volume, in which users work',
};
