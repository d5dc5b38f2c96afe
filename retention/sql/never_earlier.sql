-- Three more ways in which a change could bind earlier than promised, closed.

-- A clock that was set back would count the days of notice from a day that is long over. So nothing
-- is given while the database's clock is behind what the deletion run has seen (`expiry/guard.py`,
-- whose tolerance this is). And whoever is a customer already accepts nothing on a day that is over.
CREATE FUNCTION retention_activation_clock() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Both with the demonstration's offset, which is no part of what the deletion run has seen.
    PERFORM 1 FROM retention_clockguard LEFT JOIN retention_democlock demo ON demo.id = 1
    WHERE uptime_seconds >= 0
        AND host_time + make_interval(secs => coalesce(offset_seconds, 0)::double precision)
            > retention_database_time() + interval '15 minutes';
    IF FOUND AND NEW.kind = 'noticed' THEN
        RAISE EXCEPTION 'activation_clock: the clock was set back'
            USING ERRCODE = 'check_violation';
    END IF;
    -- A day of room: the day that is written may be that of a minute before midnight.
    IF NEW.kind = 'accepted' AND NEW.given_on < retention_database_day() - 1 THEN
        PERFORM 1 FROM retention_activation WHERE customer_id = NEW.customer_id;
        IF FOUND THEN
            RAISE EXCEPTION 'activation_accepted: only at sign-up is a version accepted'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_activation_clock BEFORE INSERT ON retention_activation
    FOR EACH ROW EXECUTE FUNCTION retention_activation_clock();

-- No guard looks at a temporary table, or calls a function or operator, of the session's own.
DO $$
DECLARE guard regprocedure;
BEGIN
    FOR guard IN SELECT oid::regprocedure FROM pg_proc
        WHERE prorettype = 'trigger'::regtype AND proconfig IS NULL
            AND pronamespace = 'public'::regnamespace AND proname LIKE 'retention\_%'
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', guard);
    END LOOP;
END $$;
