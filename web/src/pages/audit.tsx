// The last lines of the audit trail, so that who acted sees that it was noted.
import { useEffect } from 'preact/hooks';
import { useLoad } from '../core/load';
import { t } from '../i18n';
import { Chip } from '../parts/chip';
import { Panel, Scroll } from '../parts/panel';
import { Failed, Loading } from '../parts/state';
import type { AuditLine } from '../wire';

const LINES = 12;

export function AuditTrail({ stamp }: { stamp: number }) {
  const load = useLoad<{ lines: AuditLine[] }>(`/api/audit?limit=${LINES}`);
  useEffect(() => {
    if (stamp > 0) load.reload();
  }, [stamp]);
  const lines = load.data?.lines ?? [];
  return (
    <Panel title={t('actions.audit')} flush>
      {load.error && !load.data ? <Failed error={load.error} retry={load.reload} /> : !load.data ? <div class="inset"><Loading lines={5} /></div>
        : lines.length === 0 ? <p class="muted inset">{t('actions.audit_none')}</p> : (
          <Scroll label={t('actions.audit_caption')}>
            <table class="cards audit">
              <caption class="unseen">{t('actions.audit_caption')}</caption>
              <thead>
                <tr><th scope="col">{t('actions.audit_at')}</th><th scope="col">{t('common.user')}</th><th scope="col">{t('actions.audit_action')}</th><th scope="col">{t('actions.audit_details')}</th></tr>
              </thead>
              <tbody>
                {lines.map((line) => (
                  <tr key={`${line.source}${line.id}`} data-testid="audit-row" data-action={line.action}>
                    <td class="num">{line.at.slice(0, 19).replace('T', ' ')}</td>
                    <td class="strong">{line.username ?? '–'}</td>
                    <td><Chip tone={line.source === 'security' ? 'wait' : 'quiet'}>{line.action}</Chip></td>
                    <td class="wrap whole" data-label={t('actions.audit_details')}>{line.details ?? line.notes ?? ''}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
    </Panel>
  );
}
