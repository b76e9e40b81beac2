import { useState } from 'preact/hooks';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import type { Session } from '../session.ts';
import { SignInError } from '../sign-in-error.ts';
import { TEXTS } from '../texts.ts';

interface SignInProps {
  readonly suggestedUser: string;
  /** Why the last key, token or sign-in was refused or has ended. Undefined: the user has not signed in, or has signed out. */
  readonly problem: unknown;
  readonly onSignIn: (session: Session) => void;
  /** Goes to the issuer. Undefined: there is none. */
  readonly onLeave?: (() => Promise<void>) | undefined;
}

/** Asks for a sign-in at the issuer of the installation, or for the key of a server that has one. */
export function SignIn({ suggestedUser, problem, onSignIn, onLeave }: SignInProps) {
  const [leaving, setLeaving] = useState(false);
  if (onLeave === undefined) {
    return (
      <>
        <h1>{TEXTS.account.signInTitle}</h1>
        <p>{TEXTS.account.signInText}</p>
        {problem !== undefined && <Alert text={TEXTS.account.refused} />}
        <KeyForm suggestedUser={suggestedUser} submit={TEXTS.account.signIn} onSignIn={onSignIn} />
      </>
    );
  }
  return (
    <>
      <h1>{TEXTS.account.signInTitle}</h1>
      <p>{TEXTS.signIn.text}</p>
      {problem instanceof SignInError ? (
        <ProblemNotice error={problem} />
      ) : (
        problem !== undefined && <Alert text={TEXTS.signIn.refused} />
      )}
      <button
        type="button"
        class="primary"
        disabled={leaving}
        onClick={() => {
          setLeaving(true);
          // It resolves if the page stays.
          void onLeave().finally(() => setLeaving(false));
        }}
      >
        {leaving ? TEXTS.signIn.waiting : TEXTS.signIn.button}
      </button>
      <details>
        <summary>{TEXTS.signIn.withKey}</summary>
        <KeyForm suggestedUser={suggestedUser} submit={TEXTS.account.useKey} onSignIn={onSignIn} />
      </details>
    </>
  );
}

function Alert({ text }: { readonly text: string }) {
  return (
    <p class="notice problem" role="alert">
      {text}
    </p>
  );
}

interface KeyFormProps extends Pick<SignInProps, 'suggestedUser' | 'onSignIn'> {
  /** The text of the button. */
  readonly submit: string;
}

function KeyForm({ suggestedUser, submit, onSignIn }: KeyFormProps) {
  const [key, setKey] = useState('');
  const [user, setUser] = useState(suggestedUser);
  return (
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
        {submit}
      </button>
    </form>
  );
}
