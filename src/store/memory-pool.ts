import { env } from "node:process";

/**
 * Bytes that the joins of Lance may take. Its default of 150 MB is close to what one merge of a
 * fragment of 768-d vectors needs; the pool is a limit, not an allocation.
 */
const poolBytes = 1024 * 1024 * 1024;

/**
 * Raises the memory pool of Lance's joins, unless the environment sets it. Lance reads it from the
 * environment and nowhere else, when it first plans a query.
 */
export function setMemoryPool(): void {
  env["LANCE_MEM_POOL_SIZE"] ??= String(poolBytes);
}
