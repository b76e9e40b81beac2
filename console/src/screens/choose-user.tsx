import { useState } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { TEXTS } from '../texts.ts';

interface ChooseUserProps {
  readonly userId: string;
  readonly onChoose: (userId: string) => void;
  readonly onClose: () => void;
}

/** The name of the user, on a server without a sign-in. */
export function ChooseUser({ userId, onChoose, onClose }: ChooseUserProps) {
  const [name, setName] = useState(userId);
  return (
    <Dialog title={TEXTS.account.chooseTitle} onClose={onClose}>
      <p>{TEXTS.account.chooseText}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onChoose(name.trim());
        }}
      >
        <Field label={TEXTS.account.user} hint={TEXTS.account.userHint}>
          {(attributes) => (
            <input
              {...attributes}
              required
              maxLength={96}
              pattern=".*\S.*"
              autocomplete="username"
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Field>
        <div class="actions">
          <button type="submit" class="primary">
            {TEXTS.account.save}
          </button>
          <button type="button" onClick={onClose}>
            {TEXTS.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
