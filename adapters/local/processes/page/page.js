import { askName, choose } from './dialogs.js';
import { listFolder, makeFolder, readFile, saveFile, workbenchName } from './files.js';
import { copyName, sizeText, toSaved, toShown } from './text.js';

const element = (id) => document.getElementById(id);
const editor = element('editor');
const saveButton = element('save');

/** The shown folder. */
let folder = '';
/**
 * The open file as it was last read or saved.
 * @type {{ path: string, tag: string, shown: string, lineEnd: string } | undefined}
 */
let file;
let saving = false;

function isDirty() {
  return file !== undefined && editor.value !== file.shown;
}

function showStatus(text, isError = false) {
  const status = element('status');
  status.textContent = text;
  status.classList.toggle('bad', isError);
}

/** Calls `action` and shows the message of an error. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    showStatus(error.message, true);
    return undefined;
  }
}

function showState() {
  const dirty = isDirty();
  element('dirty').hidden = !dirty;
  saveButton.disabled = !dirty || saving;
  document.title = `${dirty ? '• ' : ''}${file === undefined ? '' : `${file.path} – `}${element('name').textContent}`;
}

function showFile(path, { text, tag }) {
  const { shown, lineEnd, mixed } = toShown(text);
  file = { path, tag, shown, lineEnd };
  editor.hidden = false;
  editor.value = shown;
  // Edits are detected against the text as the text area normalizes it.
  file.shown = editor.value;
  editor.setAttribute('aria-label', `Content of ${path}`);
  element('path').textContent = path;
  const hint = element('hint');
  hint.hidden = !mixed;
  hint.textContent = 'The file has mixed line ends. Saving unifies them.';
  history.replaceState(null, '', `#${encodeURIComponent(path)}`);
  for (const button of element('entries').querySelectorAll('button')) {
    button.setAttribute('aria-current', String(button.dataset.path === path));
  }
  showState();
}

async function showFolder(path) {
  const { entries, truncated } = await listFolder(path);
  folder = path;
  const parts = path === '' ? [] : path.split('/');
  element('crumbs').replaceChildren(
    crumb('workspace', ''),
    ...parts.map((part, index) => crumb(part, parts.slice(0, index + 1).join('/'))),
  );
  element('entries').replaceChildren(...entries.map((entry) => row(entry)));
  const note = element('note');
  note.hidden = entries.length > 0 && !truncated;
  note.textContent = truncated
    ? 'The folder has more entries, which are not shown.'
    : 'This folder is empty.';
}

function crumb(name, path) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = name;
  button.addEventListener('click', () => attempt(() => showFolder(path)));
  item.append(button);
  return item;
}

function row({ name, kind, size }) {
  const path = folder === '' ? name : `${folder}/${name}`;
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.kind = kind;
  button.dataset.path = path;
  button.setAttribute('aria-label', kind === 'folder' ? `Folder ${name}` : name);
  button.setAttribute('aria-current', String(file?.path === path));
  button.disabled = kind === 'other';
  button.append(name);
  if (size !== undefined) {
    const note = document.createElement('span');
    note.className = 'size';
    note.textContent = sizeText(size);
    button.append(note);
  }
  button.addEventListener('click', () =>
    attempt(() => (kind === 'folder' ? showFolder(path) : openFile(path))),
  );
  item.append(button);
  return item;
}

/** Asks the user about unsaved edits. Returns whether to continue. */
async function mayLeave() {
  if (!isDirty()) return true;
  const choice = await choose({
    title: 'Unsaved edits',
    text: `${file.path} has edits that are not saved.`,
    choices: [
      { value: 'save', label: 'Save' },
      { value: 'drop', label: 'Drop them' },
    ],
  });
  if (choice === 'save') {
    await save();
    return !isDirty();
  }
  return choice === 'drop';
}

async function openFile(path) {
  if (!(await mayLeave())) return;
  const content = await readFile(path);
  showFile(path, content);
  showStatus('');
  editor.focus();
}

async function save() {
  if (file === undefined || saving) return;
  saving = true;
  showState();
  const { path } = file;
  try {
    await saveAs(path, file.tag);
    showStatus(`Saved ${path}.`);
  } catch (error) {
    if (error.code === 'changed' || error.code === 'deleted') await settleConflict(error.code === 'deleted');
    else showStatus(`Not saved. ${error.message}`, true);
  } finally {
    saving = false;
    showState();
  }
}

/** Saves the text of the editor. Changes during the save count as new edits. */
async function saveAs(path, tag) {
  const shown = editor.value;
  const { lineEnd } = file;
  const newTag = await saveFile(path, toSaved(shown, lineEnd), tag);
  file = { path, tag: newTag, shown, lineEnd };
  element('path').textContent = path;
  editor.setAttribute('aria-label', `Content of ${path}`);
  history.replaceState(null, '', `#${encodeURIComponent(path)}`);
  await attempt(() => showFolder(folder));
}

async function settleConflict(deleted) {
  const { path } = file;
  showStatus(`Not saved: ${path} was ${deleted ? 'deleted' : 'changed'} by another program.`, true);
  const choice = await choose({
    title: deleted ? 'The file was deleted' : 'The file was changed',
    text: `${path} was ${deleted ? 'deleted' : 'changed'} by another program after you opened it. Your edits are not saved yet.`,
    choices: [
      { value: 'copy', label: 'Save mine as a copy' },
      { value: 'mine', label: deleted ? 'Save mine again' : 'Replace it with mine' },
      ...(deleted ? [] : [{ value: 'theirs', label: 'Open theirs, drop mine' }]),
    ],
  });
  await attempt(async () => {
    if (choice === 'copy') await saveCopy(path);
    if (choice === 'mine') await saveAs(path, deleted ? undefined : (await readFile(path)).tag);
    if (choice === 'theirs') showFile(path, await readFile(path));
    if (choice !== 'cancel') showStatus(choice === 'theirs' ? `Opened ${path}.` : `Saved ${file.path}.`);
  });
}

async function saveCopy(path) {
  for (let count = 1; ; count += 1) {
    try {
      await saveAs(copyName(path, count), undefined);
      return;
    } catch (error) {
      if (error.code !== 'exists' || count === 100) throw error;
    }
  }
}

async function createEntry(kind) {
  const parent = folder === '' ? 'the workspace' : folder;
  const question = { title: `New ${kind}`, text: `It is created in ${parent}.`, action: 'Create' };
  const name = await askName(question);
  if (name === undefined || name === '') return;
  const path = folder === '' ? name : `${folder}/${name}`;
  if (kind === 'folder') {
    await makeFolder(path);
    await showFolder(path);
  } else {
    await saveFile(path, '', undefined);
    await showFolder(folder);
    await openFile(path);
  }
  showStatus(`Created ${path}.`);
}

editor.addEventListener('input', showState);
saveButton.addEventListener('click', save);
element('new-file').addEventListener('click', () => attempt(() => createEntry('file')));
element('new-folder').addEventListener('click', () => attempt(() => createEntry('folder')));
element('refresh').addEventListener('click', () => attempt(() => showFolder(folder)));
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  if (isDirty()) save();
});
window.addEventListener('beforeunload', (event) => {
  if (isDirty()) event.preventDefault();
});

await attempt(async () => {
  element('name').textContent = await workbenchName();
  showState();
  const path = decodeURIComponent(location.hash.slice(1));
  await showFolder(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
  if (path !== '') await openFile(path);
});
