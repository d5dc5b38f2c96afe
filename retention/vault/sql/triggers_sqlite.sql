-- The vault's triggers, SQLite. Statements are parted by empty lines.

-- A tombstone is kept for ever: without it somebody could make the key anew.
CREATE TRIGGER vault_cellkey_no_delete BEFORE DELETE ON vault_cellkey
BEGIN
    SELECT RAISE(ABORT, 'vault: a key row is never deleted');
END;

-- A key never changes and never comes back: the only update there is empties it.
CREATE TRIGGER vault_cellkey_destroy_only BEFORE UPDATE ON vault_cellkey
WHEN NOT (
    OLD.wrapped IS NOT NULL AND NEW.wrapped IS NULL AND NEW.destroyed_at IS NOT NULL
    AND NEW.cell IS OLD.cell AND NEW.generation IS OLD.generation AND NEW.made_at IS OLD.made_at
)
BEGIN
    SELECT RAISE(ABORT, 'vault: a key can only be destroyed, once');
END;

-- The first one made stays. This trigger runs before INSERT OR REPLACE would remove a row, which
-- the trigger on DELETE does not see.
CREATE TRIGGER vault_cellkey_no_replace BEFORE INSERT ON vault_cellkey
WHEN EXISTS (
    SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell AND generation = NEW.generation
)
BEGIN
    SELECT RAISE(IGNORE);
END;

-- Once every key of a cell is destroyed the cell is over: no new generation either.
CREATE TRIGGER vault_cellkey_no_second_life BEFORE INSERT ON vault_cellkey
WHEN NEW.wrapped IS NOT NULL
    AND EXISTS (SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell)
    AND NOT EXISTS (SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell AND wrapped IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell AND generation = NEW.generation
    )
BEGIN
    SELECT RAISE(ABORT, 'vault: all keys of this cell are destroyed');
END;
