import { Field } from '../components/field.tsx';
import { useConsole } from '../context.ts';
import type { Size } from '../sizes.ts';
import { TEXTS } from '../texts.ts';

interface SizeFieldsProps {
  readonly size: Size;
  readonly onChange: (size: Size) => void;
  /** The invalid fields of the API. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Exact numbers of CPU, memory and GPUs, within the limits of the server. */
export function SizeFields({ size, onChange, problems }: SizeFieldsProps) {
  const { sizes } = useConsole().config;
  const input = (part: keyof Size, label: string, unit: number, step: number) => {
    const { min, max } = sizes[part];
    return (
      <Field
        label={label}
        hint={TEXTS.create.range(String(min / unit), String(max / unit))}
        problem={problems[`requested_${part}`]}
      >
        {(attributes) => (
          <input
            {...attributes}
            type="number"
            required
            min={min / unit}
            max={max / unit}
            step={step}
            value={size[part] / unit}
            onInput={({ currentTarget: { valueAsNumber } }) =>
              Number.isFinite(valueAsNumber) &&
              onChange({ ...size, [part]: Math.round(valueAsNumber * unit) })
            }
          />
        )}
      </Field>
    );
  };
  return (
    <div class="columns">
      {input('cpu', TEXTS.create.cpu, 1024, 1 / 1024)}
      {input('memory', TEXTS.create.memory, 1, 1)}
      {sizes.gpu.max > 0 && input('gpu', TEXTS.create.gpu, 1, 1)}
    </div>
  );
}
