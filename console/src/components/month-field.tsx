import { toMonth } from '../format.ts';
import { TEXTS } from '../texts.ts';
import { Field } from './field.tsx';

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
