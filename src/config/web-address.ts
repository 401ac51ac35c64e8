import { z } from "zod";

/** An http or https address. A user name and a password in it would be shown by every program between. */
export const webAddress = z.string().refine((written) => {
  const url = URL.parse(written);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
});
