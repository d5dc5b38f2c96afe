-- The vault's triggers, PostgreSQL. Statements are parted by empty lines.

-- A tombstone is kept for ever: without it somebody could make the key anew.
CREATE FUNCTION vault_cellkey_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'vault: a key row is never deleted' USING ERRCODE = '23000';
END $$;

CREATE TRIGGER vault_cellkey_no_delete BEFORE DELETE ON vault_cellkey
    FOR EACH ROW EXECUTE FUNCTION vault_cellkey_kept();

CREATE TRIGGER vault_cellkey_no_truncate BEFORE TRUNCATE ON vault_cellkey
    FOR EACH STATEMENT EXECUTE FUNCTION vault_cellkey_kept();

-- A key never changes and never comes back: the only update there is empties it.
CREATE FUNCTION vault_cellkey_destroys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.wrapped IS NOT NULL AND NEW.wrapped IS NULL AND NEW.destroyed_at IS NOT NULL
        AND NEW.cell = OLD.cell AND NEW.generation = OLD.generation AND NEW.made_at = OLD.made_at
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'vault: a key can only be destroyed, once' USING ERRCODE = '23000';
END $$;

CREATE TRIGGER vault_cellkey_destroy_only BEFORE UPDATE ON vault_cellkey
    FOR EACH ROW EXECUTE FUNCTION vault_cellkey_destroys();

-- Once every key of a cell is destroyed the cell is over: no new generation either.
CREATE FUNCTION vault_cellkey_lives() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.wrapped IS NULL
        OR NOT EXISTS (SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell)
        OR EXISTS (SELECT 1 FROM vault_cellkey WHERE cell = NEW.cell
                   AND (wrapped IS NOT NULL OR generation = NEW.generation))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'vault: all keys of this cell are destroyed' USING ERRCODE = '23000';
END $$;

CREATE TRIGGER vault_cellkey_no_second_life BEFORE INSERT ON vault_cellkey
    FOR EACH ROW EXECUTE FUNCTION vault_cellkey_lives();
