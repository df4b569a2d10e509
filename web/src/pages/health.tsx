// Health: what is checked, which limits were hit, which version with which configuration.
import { useEffect, useState } from 'preact/hooks';
import { count, dateTime, span } from '../core/format';
import { useLoad } from '../core/load';
import { said, t, word } from '../i18n';
import { Ago } from '../parts/ago';
import { Chip, HealthChip } from '../parts/chip';
import { Panel, Scroll } from '../parts/panel';
import { Failed, Loading } from '../parts/state';
import type { Health } from '../wire';
import type { Key } from '../i18n';

const AGAIN_MS = 10000;

export function HealthView() {
  const load = useLoad<Health>('/console/api/health');
  const [checkedAt, setCheckedAt] = useState<string | null>(null);
  useEffect(() => {
    if (load.data) setCheckedAt(new Date().toISOString());
  }, [load.data]);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || load.reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [load.reload]);

  const h = load.data;
  return (
    <>
      <div class="view-head">
        <h1>{t('health.title')}</h1>
        <p class="muted">{checkedAt && <>{t('health.checked', { ago: '' })}<Ago at={checkedAt} /></>}</p>
      </div>
      {load.error && !h ? <Failed error={load.error} retry={load.reload} /> : !h ? <Loading lines={10} /> : (
        <>
          <div class={`verdict ${h.state}`} role="status">
            <span class="verdict-dot" aria-hidden="true" />
            <strong class="grow">{t(`health.${h.state}` as Key)}</strong>
            <button type="button" class="button small" onClick={load.reload}>{t('health.again')}</button>
          </div>
          <Panel title={t('health.checks')} flush>
            <ul class="checks">
              {h.checks.map((check) => (
                <li key={check.name} class={`check ${check.state}`} data-testid="health-check" data-name={check.name} data-state={check.state}>
                  <span class="check-name">{word('check', check.name)}</span>
                  <span class="check-detail">{said(check.detail)}</span>
                  <HealthChip state={check.state} />
                </li>
              ))}
            </ul>
          </Panel>
          <div class="split even">
            <Limits h={h} />
            <Version h={h} />
          </div>
          <Config rows={h.config} />
        </>
      )}
    </>
  );
}

function Limits({ h }: { h: Health }) {
  const hit = h.limits.filter((l) => l.hits > 0);
  return (
    <Panel title={t('health.limits')} flush>
      {hit.length === 0 ? <p class="muted inset">{t('health.limits_none')}</p> : (
        <table>
          <caption class="unseen">{t('health.limits_caption')}</caption>
          <thead><tr><th scope="col">{t('health.limit')}</th><th scope="col" class="right">{t('health.hits')}</th></tr></thead>
          <tbody>{hit.map((l) => <tr key={l.limit}><th scope="row" class="plain mono">{l.limit}</th><td class="num right">{count(l.hits)}</td></tr>)}</tbody>
        </table>
      )}
    </Panel>
  );
}

function Version({ h }: { h: Health }) {
  const v = h.version;
  return (
    <Panel title={t('health.version')} flush>
      <dl class="facts">
        <div><dt>Relevo</dt><dd class="mono">{v.version}</dd></div>
        <div><dt>{t('health.version_commit')}</dt><dd class="mono">{v.commit}</dd></div>
        <div><dt>{t('health.version_go')}</dt><dd class="mono">{v.go}</dd></div>
        <div><dt>{t('health.version_os')}</dt><dd class="mono">{v.os}/{v.arch}</dd></div>
        <div><dt>{t('health.version_started')}</dt><dd class="num">{dateTime(v.started_at)}</dd></div>
        <div><dt>{t('health.version_uptime')}</dt><dd class="num">{span(v.uptime_ms)}</dd></div>
      </dl>
    </Panel>
  );
}

function Config({ rows }: { rows: Health['config'] }) {
  const [text, setText] = useState('');
  const shown = rows.filter((row) => row.key.includes(text.trim().toLowerCase()));
  return (
    <Panel title={t('health.config')} flush aside={
      <>
        <label class="unseen" for="config-filter">{t('health.config_filter')}</label>
        <input id="config-filter" type="search" class="small" placeholder={t('health.config_filter')} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </>
    }>
      {shown.length === 0 ? <p class="muted inset">{t('health.config_none')}</p> : (
        <Scroll label={t('health.config_caption')} tall>
          <table class="config">
            <caption class="unseen">{t('health.config_caption')}</caption>
            <thead><tr><th scope="col">{t('health.key')}</th><th scope="col">{t('common.value')}</th><th scope="col">{t('health.origin')}</th></tr></thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key}>
                  <th scope="row" class="plain mono">{row.key}</th>
                  <td class="mono wrap">{valueText(row.value)}</td>
                  <td>{row.origin === 'default' ? <span class="muted">{row.origin}</span> : <Chip tone="busy">{row.origin}</Chip>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}

const valueText = (value: unknown) => (value === '' || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
