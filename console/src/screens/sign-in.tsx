import { useState } from 'preact/hooks';
import { Field } from '../components/field.tsx';
import type { Session } from '../session.ts';
import { TEXTS } from '../texts.ts';

interface SignInProps {
  readonly suggestedUser: string;
  /** Whether the server has refused the last key. */
  readonly refused: boolean;
  readonly onSignIn: (session: Session) => void;
}

/** Asks for the key of a server that has one. */
export function SignIn({ suggestedUser, refused, onSignIn }: SignInProps) {
  const [key, setKey] = useState('');
  const [user, setUser] = useState(suggestedUser);
  return (
    <>
      <h1>{TEXTS.account.signInTitle}</h1>
      <p>{TEXTS.account.signInText}</p>
      {refused && (
        <p class="notice problem" role="alert">
          {TEXTS.account.refused}
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSignIn({ key: key.trim(), userId: user.trim() || undefined });
        }}
      >
        <Field label={TEXTS.account.key} hint={TEXTS.account.keyHint}>
          {(attributes) => (
            <input
              {...attributes}
              type="password"
              required
              autocomplete="off"
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
            />
          )}
        </Field>
        <Field label={TEXTS.account.user} hint={TEXTS.account.userOfKeyHint}>
          {(attributes) => (
            <input
              {...attributes}
              autocomplete="username"
              maxLength={96}
              value={user}
              onInput={({ currentTarget }) => setUser(currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="primary">
          {TEXTS.account.signIn}
        </button>
      </form>
    </>
  );
}
