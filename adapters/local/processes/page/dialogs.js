/** Questions to the user in the dialog of the page. */

const dialog = document.getElementById('dialog');
const title = document.getElementById('dialog-title');
const text = document.getElementById('dialog-text');
const field = document.getElementById('dialog-field');
const input = document.getElementById('dialog-input');
const choices = document.getElementById('dialog-choices');
const form = document.getElementById('dialog-form');

/**
 * Asks the user to choose.
 *
 * @param {{ title: string, text: string, choices: readonly { value: string, label: string }[] }} question the
 *   first choice is the default for Enter
 * @returns {Promise<string>} the chosen value, or `cancel`
 */
export function choose(question) {
  field.hidden = true;
  input.required = false;
  return show(question);
}

/**
 * Asks for a name.
 *
 * @param {{ title: string, text: string, action: string }} question
 * @returns {Promise<string | undefined>} undefined when the user cancelled
 */
export async function askName({ title, text, action }) {
  field.hidden = false;
  input.required = true;
  input.value = '';
  const choice = await show({ title, text, choices: [{ value: 'ok', label: action }] });
  return choice === 'ok' ? input.value.trim() : undefined;
}

function show(question) {
  title.textContent = question.title;
  text.textContent = question.text;
  choices.replaceChildren(
    ...question.choices.map(({ value, label }, index) => button(value, label, index === 0)),
    button('cancel', 'Cancel', false),
  );
  return new Promise((resolve) => {
    const closed = new AbortController();
    const end = (value) => {
      closed.abort();
      dialog.close();
      resolve(value);
    };
    const { signal } = closed;
    form.addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        end(event.submitter?.value ?? question.choices[0].value);
      },
      { signal },
    );
    dialog.addEventListener('cancel', () => end('cancel'), { signal });
    dialog.showModal();
    (field.hidden ? choices.querySelector('button') : input).focus();
  });
}

function button(value, label, primary) {
  const element = document.createElement('button');
  element.type = 'submit';
  element.value = value;
  element.textContent = label;
  element.className = primary ? 'primary' : '';
  // The user can cancel without a name.
  element.formNoValidate = value === 'cancel';
  return element;
}
