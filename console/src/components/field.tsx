import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { toMonth } from '../format.ts';
import { TEXTS } from '../texts.ts';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with the value. */
  readonly problem?: string | undefined;
  /** Renders the input with these attributes. */
  readonly children: (attributes: FieldAttributes) => ComponentChildren;
}

export interface FieldAttributes {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

/** An input with its label, its hint and its error, which screen readers read together. */
export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': problem === undefined ? undefined : true,
      })}
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} class="field-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

interface MonthFieldProps {
  /** `YYYY-MM` */
  readonly month: string;
  readonly onChange: (month: string) => void;
}

/** A month until the present one. A browser without a picker of months shows a field for text. */
export function MonthField({ month, onChange }: MonthFieldProps) {
  return (
    <Field label={TEXTS.usage.month}>
      {(attributes) => (
        <input
          {...attributes}
          type="month"
          required
          pattern="\d{4}-\d{2}"
          max={toMonth(new Date())}
          value={month}
          onInput={({ currentTarget }) =>
            /^\d{4}-\d{2}$/.test(currentTarget.value) && onChange(currentTarget.value)
          }
        />
      )}
    </Field>
  );
}
