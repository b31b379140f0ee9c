/** Variables of ours, of Node's channel to this process, and what by its name is a secret; a report would hold arguments. */
const KEPT_BACK =
  /^(?:HLSSTREAM_|NODE_|FFREPORT$)|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:^|_)(?:API|ACCESS|PRIVATE|SIGN)_?KEY/i;

/** The environment of a program that is not ours: all that it may need to find libraries and devices, and no secret. */
export function foreignEnvironment(inherited: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !KEPT_BACK.test(name)));
}
