// What may be done, each as a small form; the confirmation and its reason come after.
import type { ComponentChildren } from 'preact';
import { me } from '../core/me';
import { now } from '../core/now';
import { t } from '../i18n';
import { Icon } from '../parts/icons';
import { DisconnectForm, DrainForm, NotifyForm, ResendForm, SignOutForm } from './action_forms';
import { AuditTrail } from './audit';
import { useState } from 'preact/hooks';

export function ActionsView() {
  const [stamp, setStamp] = useState(0);
  const done = () => setStamp((n) => n + 1);
  return (
    <>
      <div class="view-head">
        <h1>{t('actions.title')}</h1>
        <p class="muted">{t('actions.intro')}</p>
      </div>
      {me.value?.can_act ? (
        <div class="actions-grid">
          <Card title={t('action.notify')} text={t('action.notify_text')} tall><NotifyForm done={done} /></Card>
          <Card title={t('action.sign_out')} text={t('action.sign_out_text')}><SignOutForm done={done} /></Card>
          <Card title={t('action.disconnect_title')} text={t('action.disconnect_text')}><DisconnectForm done={done} /></Card>
          <Card title={t('action.resend')} text={t('action.resend_text')}><ResendForm done={done} /></Card>
          <Card title={t('action.drain')} text={t('action.drain_text')} danger><DrainForm node={now.value?.node ?? me.value.node} done={done} /></Card>
        </div>
      ) : <p class="note" data-testid="empty"><Icon name="warn" />{t('actions.reader')}</p>}
      {me.value?.can_act && <AuditTrail stamp={stamp} />}
    </>
  );
}

function Card({ title, text, danger, tall, children }: { title: string; text: string; danger?: boolean; tall?: boolean; children: ComponentChildren }) {
  return (
    <section class={`panel action ${danger ? 'action-danger' : ''} ${tall ? 'action-tall' : ''}`}>
      <div class="panel-body">
        <h2>{title}</h2>
        <p class="muted">{text}</p>
        {children}
      </div>
    </section>
  );
}
