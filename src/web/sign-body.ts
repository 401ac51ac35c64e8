import { createHmac } from "node:crypto";

/** The header that a signature stands in. */
export const signatureHeader = "reembed-signature";

/**
 * The signature of a body at a time: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of the seconds, a full stop and
 * the body. The time is signed too, so that what was heard once cannot be sent again later.
 */
export function signBody(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
