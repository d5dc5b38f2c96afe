"""The vault: the small trusted store of cell keys, and the sealing of every payload.

**Danger.** What this package destroys cannot be brought back by anybody, and what it loses (the
vault, or the root key) makes every record unreadable at once.

**Principle.** A payload is sealed under the key of its cell before it is written anywhere. The key
exists only in the vault, wrapped by a root key that is not in the vault. Destroying the key makes
the payload unreadable in the database, its replicas, its WAL and every backup, without touching
any of them. A destroyed key leaves a tombstone, so nobody makes it anew.

**Boundary.** The vault is a database of its own; no transaction spans it and the records. So keys
are made before the row that needs them, and destroyed after the decision was committed and signed.
Both steps can be repeated at will.

**What is not guaranteed**, by tier:

1. *SQLite and a root key in a file* (the default). Destroyed keys are overwritten in the vault's
   file and its journal is emptied. Not covered: older copies of the vault made by anybody else
   (disk snapshots, file backups, copy-on-write file systems, worn-out flash cells), swap and the
   memory of running processes, a worker's cache (60 seconds), and our own rolling copy (an hour).
   Whoever has such a copy *and* the root key can open what was sealed then. This is deletion by
   destroying keys; it is not cryptographic erase in the sense of NIST SP 800-88.
2. *PostgreSQL and a root key in a file* (several hosts). The same, and a standby, which must not
   archive its WAL. Free space inside a page may show old bytes until the page is used again.
3. *A root key in a key management service with generation keys of its own* (not built yet). Only
   there is an old copy of the vault worthless once the service has destroyed the generation, and
   only that may be called cryptographic erase.
"""
