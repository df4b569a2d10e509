// A sparkline of the last hour: the form of a number, not its values; those are in its label.
import { t } from '../i18n';

const WIDTH = 120;
const HEIGHT = 32;
const MOST = 120;
// Fewer points than these five minutes do not fill the width: a young process has no hour to show.
const LEAST = 30;

interface Props { values: (number | null)[] | undefined; show: (n: number) => string }

export function Spark({ values, show }: Props) {
  const points = thin(values ?? []);
  const known = points.filter((n): n is number => n !== null);
  if (known.length < 2) {
    return (
      <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={t('common.spark_none')}>
        <path class="spark-none" d={`M0 ${HEIGHT - 1}H${WIDTH}`} />
      </svg>
    );
  }
  const least = Math.min(...known);
  const most = Math.max(...known);
  // A flat line that is not zero stands in the middle; zero lies at the bottom.
  const range = most - least || Math.abs(most) || 1;
  const floor = most === least ? least - range / 2 : least;
  const width = Math.max(points.length, LEAST) - 1;
  const x = (i: number) => WIDTH - ((points.length - 1 - i) / width) * WIDTH;
  const y = (n: number) => HEIGHT - 2 - ((n - (most === 0 ? 0 : floor)) / range) * (HEIGHT - 5);
  let line = '';
  let area = '';
  let open = false;
  points.forEach((n, i) => {
    if (n === null) {
      if (open) area += `V${HEIGHT}Z`;
      open = false;
      return;
    }
    const at = `${x(i).toFixed(1)} ${y(n).toFixed(1)}`;
    line += `${open ? 'L' : 'M'}${at}`;
    area += open ? `L${at}` : `M${x(i).toFixed(1)} ${HEIGHT}L${at}`;
    open = true;
  });
  if (open) area += `V${HEIGHT}Z`;
  const label = t('common.spark', { min: show(least), max: show(most), last: show(known.at(-1) as number) });
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} />
    </svg>
  );
}

// thin keeps the peaks: of each group the greatest value.
function thin(values: (number | null)[]): (number | null)[] {
  if (values.length <= MOST) return values;
  const size = values.length / MOST;
  return Array.from({ length: MOST }, (_, i) => {
    const group = values.slice(Math.floor(i * size), Math.floor((i + 1) * size)).filter((n): n is number => n !== null);
    return group.length ? Math.max(...group) : null;
  });
}
