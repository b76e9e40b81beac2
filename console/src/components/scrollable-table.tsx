import type { ComponentChildren } from 'preact';

interface ScrollableTableProps {
  /** For screen readers. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A table that scrolls within the page: at 360 pixels it is wider than the screen. A keyboard can scroll it, too. */
export function ScrollableTable({ label, children }: ScrollableTableProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: sections are drawn as boxes
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard cannot scroll the table
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
