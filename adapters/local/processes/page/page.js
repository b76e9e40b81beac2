import { askName, choose } from './dialogs.js';
import { listFolder, makeFolder, readFile, saveFile, workbenchName } from './files.js';
import { copyName, sizeText, toSaved, toShown } from './text.js';

const element = (id) => document.getElementById(id);
const editor = element('editor');
const saveButton = element('save');

/** The folder that is shown. */
let folder = '';
/**
 * The file that is open: what it was when it was last read or saved.
 * @type {{ path: string, tag: string, shown: string, lineEnd: string } | undefined}
 */
let file;
let saving = false;

function isDirty() {
  return file !== undefined && editor.value !== file.shown;
}

function say(text, bad = false) {
  const status = element('status');
  status.textContent = text;
  status.classList.toggle('bad', bad);
}

/** Does something that may fail, and says so when it does. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    say(error.message, true);
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
  // What the text area makes of it is what edits are told from.
  file.shown = editor.value;
  editor.setAttribute('aria-label', `Content of ${path}`);
  element('path').textContent = path;
  const hint = element('hint');
  hint.hidden = !mixed;
  hint.textContent = 'Its lines end in several ways; saving makes them all the same.';
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
  note.textContent = truncated ? 'There are more, which are not shown.' : 'This folder is empty.';
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

/** Before edits would go: answers whether to go on. */
async function mayLeave() {
  if (!isDirty()) return true;
  const answer = await choose({
    title: 'Unsaved edits',
    text: `${file.path} has edits that are not saved.`,
    choices: [
      { value: 'save', label: 'Save' },
      { value: 'drop', label: 'Drop them' },
    ],
  });
  if (answer === 'save') {
    await save();
    return !isDirty();
  }
  return answer === 'drop';
}

async function openFile(path) {
  if (!(await mayLeave())) return;
  const content = await readFile(path);
  showFile(path, content);
  say('');
  editor.focus();
}

async function save() {
  if (file === undefined || saving) return;
  saving = true;
  showState();
  const { path } = file;
  try {
    await saveAs(path, file.tag);
    say(`Saved ${path}.`);
  } catch (error) {
    if (error.code === 'changed' || error.code === 'deleted') await settleConflict(error.code === 'deleted');
    else say(`Not saved. ${error.message}`, true);
  } finally {
    saving = false;
    showState();
  }
}

/** Saves what is in the editor; what is typed meanwhile counts as a new edit. */
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
  say(`Not saved: ${path} has been ${deleted ? 'deleted' : 'changed'} elsewhere.`, true);
  const answer = await choose({
    title: deleted ? 'The file was deleted' : 'The file was changed',
    text: `${path} has been ${deleted ? 'deleted' : 'changed'} elsewhere since you opened it. Your edits are not saved yet.`,
    choices: [
      { value: 'copy', label: 'Save mine as a copy' },
      { value: 'mine', label: deleted ? 'Save mine again' : 'Replace it with mine' },
      ...(deleted ? [] : [{ value: 'theirs', label: 'Open theirs, drop mine' }]),
    ],
  });
  await attempt(async () => {
    if (answer === 'copy') await saveCopy(path);
    if (answer === 'mine') await saveAs(path, deleted ? undefined : (await readFile(path)).tag);
    if (answer === 'theirs') showFile(path, await readFile(path));
    if (answer !== 'cancel') say(answer === 'theirs' ? `Opened ${path}.` : `Saved ${file.path}.`);
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

async function make(kind) {
  const where = folder === '' ? 'the workspace' : folder;
  const question = { title: `New ${kind}`, text: `It is made in ${where}.`, action: 'Create' };
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
  say(`Created ${path}.`);
}

editor.addEventListener('input', showState);
saveButton.addEventListener('click', save);
element('new-file').addEventListener('click', () => attempt(() => make('file')));
element('new-folder').addEventListener('click', () => attempt(() => make('folder')));
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
  const wanted = decodeURIComponent(location.hash.slice(1));
  await showFolder(wanted.includes('/') ? wanted.slice(0, wanted.lastIndexOf('/')) : '');
  if (wanted !== '') await openFile(wanted);
});
