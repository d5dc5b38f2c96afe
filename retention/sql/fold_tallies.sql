-- Slips into sums: taken and added in one statement.
-- A name that could be a sentence or an address is not kept, and neither are too many of them.
WITH taken AS (
    DELETE FROM retention_tallyslip
    WHERE id IN (SELECT id FROM retention_tallyslip ORDER BY id LIMIT %(limit)s)
    RETURNING customer_id, clock_day, data_class, model, purpose, subprocessor, items, bytes
),
sound AS (
    SELECT customer_id, clock_day, data_class, items, bytes,
        (model || purpose || subprocessor) !~ '@[[:alnum:]_-]+\.'
            AND model ~ '^[[:alnum:] ._:/@+-]{0,64}$'
            AND purpose ~ '^[[:alnum:] ._:/@+-]{0,64}$'
            AND subprocessor ~ '^[[:alnum:] ._:/@+-]{0,64}$' AS fit,
        model, purpose, subprocessor
    FROM taken
),
summed AS (
    SELECT customer_id, clock_day, data_class,
        CASE WHEN fit THEN model ELSE 'other' END AS model,
        CASE WHEN fit THEN purpose ELSE 'other' END AS purpose,
        CASE WHEN fit THEN subprocessor ELSE 'other' END AS subprocessor,
        sum(items)::bigint AS items, sum(bytes)::bigint AS bytes
    FROM sound GROUP BY 1, 2, 3, 4, 5, 6
),
known AS (
    SELECT customer_id, clock_day, data_class, model, purpose, subprocessor
    FROM retention_tally
    WHERE (customer_id, clock_day) IN (SELECT customer_id, clock_day FROM summed)
),
crowd AS (
    SELECT customer_id, clock_day, count(*) AS names FROM known GROUP BY 1, 2
),
placed AS (
    SELECT summed.*, known.model IS NOT NULL AS stands,
        coalesce(crowd.names, 0) + row_number() OVER (
            PARTITION BY customer_id, clock_day, known.model IS NULL ORDER BY summed.items DESC
        ) AS place
    FROM summed
    LEFT JOIN known USING (customer_id, clock_day, data_class, model, purpose, subprocessor)
    LEFT JOIN crowd USING (customer_id, clock_day)
),
named AS (
    SELECT customer_id, clock_day, data_class,
        CASE WHEN stands OR place <= %(most_names)s THEN model ELSE 'other' END AS model,
        CASE WHEN stands OR place <= %(most_names)s THEN purpose ELSE 'other' END AS purpose,
        CASE WHEN stands OR place <= %(most_names)s THEN subprocessor ELSE 'other' END
            AS subprocessor,
        sum(items)::bigint AS items, sum(bytes)::bigint AS bytes
    FROM placed GROUP BY 1, 2, 3, 4, 5, 6
),
of_customers AS (
    INSERT INTO retention_tally
        (customer_id, clock_day, data_class, model, purpose, subprocessor, items, bytes)
    SELECT * FROM named
    ON CONFLICT (customer_id, clock_day, data_class, model, purpose, subprocessor)
    DO UPDATE SET items = retention_tally.items + excluded.items,
        bytes = retention_tally.bytes + excluded.bytes
),
of_days AS (
    INSERT INTO retention_daytally
        (clock_day, data_class, model, purpose, subprocessor, items, bytes)
    SELECT clock_day, data_class, model, purpose, subprocessor, sum(items), sum(bytes)
    FROM named GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (clock_day, data_class, model, purpose, subprocessor)
    DO UPDATE SET items = retention_daytally.items + excluded.items,
        bytes = retention_daytally.bytes + excluded.bytes
)
SELECT count(*) FROM taken
