import { serverWords } from './server-words.ts';

/** Ends the session and shows the page to sign in; says why where that does not work. */
export async function signOut(showMessage: (text: string) => void): Promise<void> {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch('sign-out', { method: 'POST', headers, body: '{}' });
    if (answer.ok) location.assign('./');
    else showMessage(await serverWords(answer));
  } catch {
    showMessage('The server does not answer: you are still signed in.');
  }
}
