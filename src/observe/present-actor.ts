import { hostname, userInfo } from "node:os";

/** Who works, for a table's history: the user at this machine; the machine alone where the user has no name. */
export function presentActor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run under a user id that no account has.
    return hostname();
  }
}
