// The one dialog of the page: it asks before an action and takes its reason. A native dialog keeps the focus inside.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { perform, question } from '../core/act';
import { t } from '../i18n';

const LEAST = 3;
const MOST = 200;

export function Confirm() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    const el = dialog.current;
    if (!el) return;
    if (asked && !el.open) {
      setReason('');
      setFailure(null);
      el.showModal();
    } else if (!asked && el.open) {
      el.close();
    }
  }, [asked]);

  const ready = reason.trim().length >= LEAST && !busy;
  const submit = async (e: Event) => {
    e.preventDefault();
    if (!asked || !ready) return;
    setBusy(true);
    setFailure(await perform(asked, reason.trim()));
    setBusy(false);
  };
  const cancel = () => {
    if (!busy) question.value = null;
  };
  return (
    <dialog ref={dialog} class="confirm" data-testid="confirm" aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`}
      onCancel={(e) => {
        e.preventDefault();
        cancel();
      }}
      onClose={() => {
        question.value = null;
      }}>
      {asked && (
        <form method="dialog" onSubmit={submit}>
          <h2 id={`${id}-title`}>{asked.title}</h2>
          <p id={`${id}-text`} class="confirm-text" data-testid="confirm-text">{asked.text}</p>
          <div class="field">
            <label for={`${id}-reason`}>{t('confirm.reason')}</label>
            <textarea id={`${id}-reason`} rows={2} required minLength={LEAST} maxLength={MOST} value={reason} data-testid="confirm-reason"
              aria-describedby={`${id}-hint`} autofocus
              onInput={(e) => setReason(e.currentTarget.value)}
              onKeyDown={(e) => {
                if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) void submit(e);
              }} />
            <p id={`${id}-hint`} class="hint">{t('confirm.reason_hint')}</p>
          </div>
          <p class="failure" role="alert">{failure}</p>
          <div class="buttons">
            <button type="button" class="button" data-testid="confirm-no" onClick={cancel}>{t('common.cancel')}</button>
            <button type="submit" class={`button ${asked.danger ? 'danger' : 'primary'}`} data-testid="confirm-yes" disabled={!ready}>
              {busy ? t('confirm.working') : asked.yes}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
