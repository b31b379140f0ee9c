/** The local socket on which the input child hands frames on, if a launcher started one. */
export function inputSocket(): string | undefined {
  return process.env.HLSSTREAM_INPUT_SOCKET || undefined;
}
