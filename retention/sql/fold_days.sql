-- The same sums over all customers, within the statement that folds tallies.
of_days AS (
    INSERT INTO retention_daytally
        (clock_day, data_class, model, purpose, subprocessor, items, bytes)
    SELECT clock_day, data_class, model, purpose, subprocessor, sum(items), sum(bytes)
    FROM named GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (clock_day, data_class, model, purpose, subprocessor)
    DO UPDATE SET items = retention_daytally.items + excluded.items,
        bytes = retention_daytally.bytes + excluded.bytes
)
