// A titled area of a view; a landmark by its heading.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  title: string;
  aside?: ComponentChildren;
  flush?: boolean;
  class?: string;
  children: ComponentChildren;
}

// flush lets tables reach the edges of the panel.
export function Panel({ title, aside, flush, class: more, children }: Props) {
  const id = useId();
  return (
    <section class={`panel ${more ?? ''}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="panel-aside">{aside}</div>}
      </header>
      <div class={flush ? 'panel-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

// Scroll lets a wide table be moved sideways, by keyboard as well.
// tall bounds the height too, for lists without an end.
export function Scroll({ label, tall, children }: { label: string; tall?: boolean; children: ComponentChildren }) {
  return <div class={`scroll ${tall ? 'tall' : ''}`} role="region" aria-label={label} tabIndex={0}>{children}</div>;
}
