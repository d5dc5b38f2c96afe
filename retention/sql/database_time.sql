-- The one statement that reads the database's clock for a rule: by it alone the triggers know on
-- which day notice was given. The demonstration's offset is part of it.
CREATE FUNCTION retention_database_time() RETURNS timestamptz LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT clock_timestamp() + make_interval(secs => coalesce(
        (SELECT offset_seconds FROM retention_democlock WHERE id = 1), 0)::double precision)
$$;
