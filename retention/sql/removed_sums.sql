-- What went, in sums: added, never changed, never removed.
CREATE TRIGGER retention_removedsum_keep
    BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_removedsum
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

-- Whoever writes deletion records adds to the sums; a row of its own, so that nobody waits for it.
CREATE FUNCTION retention_removedsum_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO retention_removedsum (day, data_class, returned, items)
    SELECT (rows_removed_at AT TIME ZONE 'UTC')::date, kind.key, false, sum(kind.value::bigint)
    FROM added, jsonb_each_text(counts) kind
    GROUP BY 1, 2 HAVING sum(kind.value::bigint) > 0;
    RETURN NULL;
END $$;

-- From here on nobody writes one that would be missed below, or taken twice.
CREATE TRIGGER retention_removedsum_add AFTER INSERT ON retention_deletionrecord
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION retention_removedsum_add();
LOCK TABLE retention_cell IN SHARE ROW EXCLUSIVE MODE;

-- What went before there were sums.
INSERT INTO retention_removedsum (day, data_class, returned, items)
SELECT (rows_removed_at AT TIME ZONE 'UTC')::date, kind.key, false, sum(kind.value::bigint)
FROM retention_deletionrecord, jsonb_each_text(counts) kind
GROUP BY 1, 2 HAVING sum(kind.value::bigint) > 0;
INSERT INTO retention_removedsum (day, data_class, returned, items)
SELECT clock_day, data_class, true, sum(delivered)
FROM retention_cell WHERE state = 'purged' AND delivered > 0 GROUP BY 1, 2;
