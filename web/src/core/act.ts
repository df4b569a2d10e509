// One confirmation at a time: what is asked, and what is done when the answer is yes.
import { signal } from '@preact/signals';
import { lang, t } from '../i18n';
import type { Acted } from '../wire';
import { post } from './rest';
import { problem } from './problem';
import { toast } from './toast';

export interface Question {
  title: string;
  text: string;
  yes: string;
  danger: boolean;
  // Route below /console/api/actions/, and its body without the reason.
  route: string;
  body: Record<string, unknown>;
  done?: () => void;
}

export const question = signal<Question | null>(null);

export const ask = (q: Question) => {
  question.value = q;
};

// perform sends the action; the result is the sentence of a failure, or null.
export async function perform(q: Question, reason: string): Promise<string | null> {
  try {
    const answer = await post<Acted>(`/console/api/actions/${q.route}`, { ...q.body, reason });
    question.value = null;
    // The server speaks Spanish alone.
    toast((lang.value === 'es' && answer.message) || t('actions.done', { action: q.yes }), 'good');
    q.done?.();
    return null;
  } catch (error) {
    return problem(error);
  }
}
