// One number with its name, what belongs to it, and its last hour.
import type { ComponentChildren } from 'preact';
import type { Tone } from '../core/toast';
import { Spark } from './spark';

interface Props {
  label: string;
  testid?: string;
  value: string;
  exact?: number | null;
  help?: ComponentChildren;
  title?: string;
  tone?: Tone;
  values?: (number | null)[];
  show?: (n: number) => string;
  spark?: boolean;
}

export function Tile({ label, testid, value, exact, help, title, tone, values, show = String, spark }: Props) {
  return (
    <div class={`tile ${tone ?? ''}`} title={title}>
      <div class="tile-label">{label}</div>
      <div class="tile-value" data-testid={testid} data-value={exact ?? undefined}>{value}</div>
      <div class="tile-help">{help ?? '\u00a0'}</div>
      {spark && <Spark values={values} show={show} />}
    </div>
  );
}
