// What stands beside the numbers of Now: roles, ends, nodes.
import { count } from '../core/format';
import { t } from '../i18n';
import { Chip, RoleChip } from '../parts/chip';
import { Panel } from '../parts/panel';
import type { ConsoleNow } from '../wire';

export function Roles({ n }: { n: ConsoleNow }) {
  const most = Math.max(1, ...n.roles.map((r) => r.sockets));
  return (
    <Panel title={t('now.roles')} flush>
      <table class="roles">
        <caption class="unseen">{t('now.roles_caption')}</caption>
        <thead>
          <tr><th scope="col">{t('common.role')}</th><th scope="col" class="right">{t('common.users')}</th><th scope="col" class="right">{t('common.sockets')}</th><td class="meter-cell" /></tr>
        </thead>
        <tbody>
          {n.roles.map((r) => (
            <tr key={r.role} data-testid="role-row" data-role={r.role}>
              <th scope="row"><RoleChip role={r.role} /></th>
              <td class="num right">{r.role === '' ? '–' : count(r.users)}</td>
              <td class="num right">{count(r.sockets)}</td>
              <td class="meter-cell"><Bar share={r.sockets / most} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="facts">
        <div><dt>{t('now.watchers')}</dt><dd class="num">{count(n.watchers)}</dd></div>
      </dl>
    </Panel>
  );
}

// Bar is a share of the greatest; the number stands beside it in the table.
export function Bar({ share, tone = 'accent' }: { share: number; tone?: string }) {
  return (
    <svg class={`bar k-${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-rail" width="100" height="6" />
      <rect class="bar-fill" width={Math.max(0, Math.min(1, share)) * 100} height="6" />
    </svg>
  );
}

export function Ended({ n }: { n: ConsoleNow }) {
  const reasons = Object.entries(n.ended).filter(([, times]) => times > 0).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...reasons.map(([, times]) => times));
  return (
    <Panel title={t('now.ended')} flush aside={<span class="muted small-text">{t('now.slow_dropped_help')}</span>}>
      {reasons.length === 0 ? <p class="muted inset">{t('now.ended_none')}</p> : (
        <ul class="ends" aria-label={t('now.ended_caption')}>
          {reasons.map(([reason, times]) => (
            <li key={reason}>
              <span class="mono">{reason}</span>
              <b class="num">{count(times)}</b>
              <Bar share={times / most} tone={reason === 'slow consumer' ? 'wait' : 'muted'} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function Nodes({ n }: { n: ConsoleNow }) {
  return (
    <Panel title={t('now.since_start')} flush>
      <dl class="facts">
        <div><dt>{t('now.replayed')}</dt><dd class="num">{count(n.replayed)}</dd></div>
        <div><dt>{t('now.resyncs')}</dt><dd class="num">{count(n.resyncs)}</dd></div>
        <div><dt>{t('now.failed')}</dt><dd class="num">{n.failed > 0 ? <Chip tone="bad">{count(n.failed)}</Chip> : count(n.failed)}</dd></div>
        <div>
          <dt>{t('now.nodes')} <span class="num">({n.nodes.length})</span></dt>
          <dd class="rooms">{n.nodes.map((node) => <Chip key={node.id} tone={node.self ? 'good' : 'quiet'} title={node.id}><span class="mono">{node.id}</span>{node.self ? ` · ${t('now.self')}` : ''}</Chip>)}</dd>
        </div>
      </dl>
    </Panel>
  );
}
