import { serverWords } from './api/server-words.ts';
import { find } from './dom/element.ts';
import { createThemeToggle } from './dom/theme.ts';

/** The page that takes a token, in the place of the page that was asked for: its address stays, and leads there then. */

const form = find<HTMLFormElement>('#form');
const field = find<HTMLInputElement>('#token');
const note = find('#note');
const submit = find<HTMLButtonElement>('#submit');

createThemeToggle(find('#theme'));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void signIn();
});
void begin();

/** Says why the page is shown: nobody is signed in, or the link that led here opens nothing. */
async function begin(): Promise<void> {
  const answer = await fetch('streams', { headers: { accept: 'application/json' } }).catch(() => undefined);
  if (answer?.ok) return enter();
  if (answer?.status === 403) {
    find('#refusal-text').textContent = await serverWords(answer);
    find('#refusal').hidden = false;
    document.title = 'No entry · hlsstream';
    return;
  }
  form.hidden = false;
  field.focus();
}

async function signIn(): Promise<void> {
  const token = field.value.trim();
  submit.disabled = true;
  fault('');
  try {
    const answer = await fetch('sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) return enter();
    fault(await serverWords(answer));
  } catch {
    fault('The server does not answer. Try again in a moment.');
  }
  submit.disabled = false;
  field.select();
}

function fault(text: string): void {
  note.textContent = text;
  field.setAttribute('aria-invalid', String(text !== ''));
}

/** The page that was asked for; a moment or marker in its address is still there. */
function enter(): void {
  if (/\/sign-in\/?$/.test(location.pathname)) location.replace('./');
  else location.reload();
}
