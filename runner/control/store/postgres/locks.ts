/**
 * Postgres' advisory locks are pairs of numbers that programs agree on. They hold within one database, so Longhaul has
 * its database to itself. The first number is "LONG"; each lock below is the second.
 */
const ours = 0x4c_4f_4e_47;

export const locks = {
  /** Of a transaction: whoever brings the database to this program's schema. */
  migrations: `${ours}, 1`,
  /** Of a transaction: whoever has been given positions, until its commit. */
  positions: `${ours}, 2`,
} as const;
