// A chart of uPlot in the colours of the theme, with a legend that follows the pointer and a text for who does not see it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dark } from '../core/theme';
import { lang } from '../i18n';

export interface Line {
  label: string;
  values: (number | null)[];
  // A colour of the theme: the name of a custom property.
  colour: string;
  bars?: boolean;
}

interface Props {
  label: string;
  // Times in seconds, or places 0, 1, 2… when names are given.
  xs: number[];
  names?: string[];
  lines: Line[];
  show: (n: number) => string;
  axis?: (n: number) => string;
  // The least seconds that the width of a chart over time stands for.
  window?: number;
}

export function Chart({ label, xs, names, lines, show, axis = show, window = 0 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const data = [xs, ...lines.map((line) => line.values)] as uPlot.AlignedData;
  const form = `${dark.value}${lang.value}${lines.map((l) => l.label + l.colour).join()}${names?.join() ?? ''}`;

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const made = new uPlot(options(el, lines, names, axis, window, setAt), data, el);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: el.clientWidth, height: el.clientHeight }));
    watch.observe(el);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The values alone do not make a new chart.
  }, [form]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [xs, ...lines.map((line) => line.values)]);

  const shown = (line: Line) => {
    const value = at === null ? line.values.findLast((n) => n !== null) : line.values[at];
    return value === null || value === undefined ? '–' : show(value);
  };
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span class="chart-label">{label}</span>
        <span class="legend" aria-hidden="true">
          {at !== null && names && <span class="muted">{names[at]}</span>}
          {lines.map((line) => (
            <span key={line.label} class={`legend-item k-${line.colour}`}>{line.label} <b class="num">{shown(line)}</b></span>
          ))}
        </span>
      </figcaption>
      <div class="chart-box" ref={box} role="img" aria-label={spoken(label, lines, show)} />
    </figure>
  );
}

function spoken(label: string, lines: Line[], show: (n: number) => string): string {
  const parts = lines.map((line) => {
    const known = line.values.filter((n): n is number => n !== null);
    if (!known.length) return `${line.label}: –`;
    return `${line.label}: ${show(Math.min(...known))} – ${show(Math.max(...known))}, ${show(known.at(-1) as number)}`;
  });
  return `${label}. ${parts.join('; ')}`;
}

// tint reads a colour of the theme as the canvas understands it.
function tint(el: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.className = `k-${name}`;
  el.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function options(el: HTMLElement, lines: Line[], names: string[] | undefined, axis: (n: number) => string, window: number, point: (at: number | null) => void): uPlot.Options {
  const muted = tint(el, 'muted');
  const grid = tint(el, 'line');
  const size = parseFloat(getComputedStyle(el).fontSize);
  const font = `${Math.round(size * 0.8)}px ${getComputedStyle(el).fontFamily}`;
  const common = { stroke: muted, font, ticks: { show: false } };
  const bars = uPlot.paths.bars?.({ size: [0.62, 64], radius: 0.15 });
  return {
    width: el.clientWidth,
    height: el.clientHeight,
    padding: [8, names ? 4 : size * 1.5, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: !names }, drag: { x: false, y: false } },
    scales: {
      x: names ? { time: false, range: (_, least, most) => [least - 0.5, most + 0.5] } : { time: true, range: (_, least, most) => [Math.min(least, most - window), most] },
      y: { range: (_, least, most) => [Math.min(0, least ?? 0), Math.max(most ?? 0, 0) * 1.08 || 1] },
    },
    axes: [
      names
        ? { ...common, grid: { show: false }, size: size * 1.7, splits: (u) => u.data[0].slice() as number[], values: (_, at) => at.map((i) => names[i] ?? '') }
        : { ...common, grid: { show: false }, size: size * 1.7, incrs: [60, 120, 300, 600, 900, 1800], values: (u, at) => at.map((s) => (clearOfCorner(u, s) ? clockText(s) : '')) },
      { ...common, grid: { stroke: grid, width: 1 }, size: size * 4.4, values: (_, at) => at.map(axis), splits: undefined },
    ],
    series: [{}, ...lines.map((line): uPlot.Series => {
      const colour = tint(el, line.colour);
      return line.bars
        ? { label: line.label, fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } }
        : { label: line.label, stroke: colour, width: Math.max(1.5, size / 9), points: { show: false }, spanGaps: false };
    })],
    hooks: { setCursor: [(u) => point(u.cursor.idx ?? null)] },
  };
}

// A time at the very left would touch the lowest number of the other axis.
function clearOfCorner(u: uPlot, at: number): boolean {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  return at - (min ?? 0) > ((max ?? 0) - (min ?? 0)) * 0.03;
}

const clockText = (seconds: number) => new Date(seconds * 1000).toTimeString().slice(0, 5);
