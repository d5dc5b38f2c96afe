-- No guard looks at a temporary table, or calls a function or operator, of the session's own: a
-- temporary `compliance_customer` would say that ninety days of notice are thirty. (P4)
DO $$
DECLARE guard regprocedure;
BEGIN
    FOR guard IN SELECT oid::regprocedure FROM pg_proc
        WHERE prorettype = 'trigger'::regtype AND proconfig IS NULL
            AND pronamespace = 'public'::regnamespace AND proname LIKE 'compliance\_%'
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', guard);
    END LOOP;
END $$;
