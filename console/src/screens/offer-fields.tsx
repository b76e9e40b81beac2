import type { ComponentChildren } from 'preact';
import type { NamedSize, Template, TemplateList } from '#clients/typescript/src/workbench.ts';
import { Field } from '../components/field.tsx';
import { useConsole } from '../context.ts';
import { formatSize, formatUsd } from '../format.ts';
import {
  type OfferChoice,
  priceOf,
  type Size,
  type SizeChoice,
  sizeChoiceOf,
  templateOf,
} from '../offers.ts';
import { TEXTS } from '../texts.ts';

interface OfferFieldsProps {
  readonly offers: TemplateList;
  readonly choice: OfferChoice;
  readonly onChoose: (choice: OfferChoice) => void;
  readonly own: Size;
  readonly onChangeOwn: (size: Size) => void;
  /** The invalid fields of the API. */
  readonly problems: Readonly<Record<string, string>>;
}

/** The choice of a template and a size, each with its price. */
export function OfferFields({ offers, choice, onChoose, own, onChangeOwn, problems }: OfferFieldsProps) {
  const template = templateOf(choice, offers);
  const size = sizeChoiceOf(choice, offers);
  const choose = (chosen: SizeChoice) => onChoose({ ...choice, size: chosen });
  return (
    <>
      {offers.templates.length > 0 && (
        <fieldset class="choices">
          <legend>{TEXTS.create.template}</legend>
          {offers.templates.map((each) => (
            <Choice
              key={each.name}
              group="template"
              checked={each === template}
              onCheck={() => onChoose({ template: each.name })}
              label={each.title}
              hint={each.description}
            />
          ))}
          <Choice
            group="template"
            checked={template === undefined}
            onCheck={() => onChoose({ template: null })}
            label={TEXTS.create.noTemplate}
          />
          <Problem text={problems.template} />
        </fieldset>
      )}
      <fieldset class="choices">
        <legend>{TEXTS.create.size}</legend>
        {template !== undefined && (
          <Choice
            group="size"
            checked={size?.kind === 'template'}
            onCheck={() => choose({ kind: 'template' })}
            label={TEXTS.create.ofTemplate}
            hint={describeOffer(template)}
          />
        )}
        {offers.sizes.map((each) => (
          <Choice
            key={each.name}
            group="size"
            checked={size?.kind === 'named' && size.name === each.name}
            onCheck={() => choose({ kind: 'named', name: each.name })}
            label={TEXTS.create.sizeNames[each.name] ?? each.name}
            hint={describeOffer(each)}
          />
        ))}
        <Choice
          group="size"
          checked={size?.kind === 'own'}
          onCheck={() => choose({ kind: 'own' })}
          label={TEXTS.create.ownSize}
        />
        <Problem text={problems.size} />
      </fieldset>
      {size?.kind === 'own' && <SizeFields size={own} onChange={onChangeOwn} problems={problems} />}
    </>
  );
}

function describeOffer(offer: Template | NamedSize): string {
  const price = priceOf(offer);
  return price === undefined ? formatSize(offer) : TEXTS.create.offer(formatSize(offer), formatUsd(price));
}

interface ChoiceProps {
  readonly group: string;
  readonly checked: boolean;
  readonly onCheck: () => void;
  readonly label: ComponentChildren;
  readonly hint?: string | undefined;
}

function Choice({ group, checked, onCheck, label, hint }: ChoiceProps) {
  return (
    <label>
      <input type="radio" name={group} checked={checked} onChange={onCheck} />
      <span>
        {label}
        {hint && <span class="hint"> {hint}</span>}
      </span>
    </label>
  );
}

function Problem({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : <p class="field-problem">{text}</p>;
}

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
