/** What an answer that is no success says, for people: the server's own sentence, or its status. */
export async function serverWords(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: { message?: unknown } };
    // Where it is about a field, it begins with the JSON pointer to that one.
    if (typeof error?.message === 'string') return sentence(error.message.replace(/^\/(?=\w+: )/, ''));
  } catch {
    // Not from our server, but from something in between: its status is all there is.
  }
  return `The server answered ${response.status}.`;
}

/** A message of the server as a sentence: with a capital and a full stop. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}
