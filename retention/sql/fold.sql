-- Slips into sums: taken and added in one statement. What stands in braces comes from the table that
-- is folded (records/slips.py).
-- A name that could be a sentence or an address is not kept, and neither are too many of them.
WITH taken AS (
    DELETE FROM {slips}
    WHERE id IN (SELECT id FROM {slips} ORDER BY id LIMIT %(limit)s)
    RETURNING customer_id, clock_day, {kind}, {names}, {numbers}
),
sound AS (
    SELECT taken.*, concat({names}) !~ '@[[:alnum:]_-]+\.' AND {fits} AS fit FROM taken
),
summed AS (
    SELECT customer_id, clock_day, {kind}, {if_fit}, {added}
    FROM sound GROUP BY customer_id, clock_day, {kind}, {places}
),
known AS (
    SELECT customer_id, clock_day, {kind}, {names}, true AS stands
    FROM {sums}
    WHERE (customer_id, clock_day) IN (SELECT customer_id, clock_day FROM summed)
),
crowd AS (
    SELECT customer_id, clock_day, count(*) AS names FROM known GROUP BY 1, 2
),
placed AS (
    SELECT summed.*, known.stands,
        coalesce(crowd.names, 0) + row_number() OVER (
            PARTITION BY customer_id, clock_day, known.stands ORDER BY summed.items DESC
        ) AS place
    FROM summed
    LEFT JOIN known USING (customer_id, clock_day, {kind}, {names})
    LEFT JOIN crowd USING (customer_id, clock_day)
),
named AS (
    SELECT customer_id, clock_day, {kind}, {if_named}, {added}
    FROM placed GROUP BY customer_id, clock_day, {kind}, {places}
),
of_customers AS (
    INSERT INTO {sums} (customer_id, clock_day, {kind}, {names}, {numbers})
    SELECT * FROM named
    ON CONFLICT (customer_id, clock_day, {kind}, {names}) DO UPDATE SET {grown}
){further}
SELECT count(*) FROM taken
