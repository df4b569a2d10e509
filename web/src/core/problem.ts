// A failure in words for the user: the server's own sentence where it gave one.
import { t } from '../i18n';
import { RestError } from './rest';

export function problem(error: unknown): string {
  if (!(error instanceof RestError) || error.status === 0) return t('error.network');
  return (error.message && t('error.said', { message: error.message })) || t('error.server', { status: error.status });
}
