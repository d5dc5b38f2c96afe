-- The records, one partition a clock day. No foreign keys, no triggers, no default partition.
CREATE TABLE retention_record (
    customer_id   uuid        NOT NULL,
    clock_day     date        NOT NULL,
    id            uuid        NOT NULL,
    exchange_id   uuid        NOT NULL,
    external_id   text        NOT NULL,
    data_class    text        NOT NULL,
    part          text        NOT NULL,
    cell_id       uuid        NOT NULL,
    generation    integer     NOT NULL,
    occurred_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    purpose       text        NOT NULL,
    subprocessor  text        NOT NULL,
    model         text        NOT NULL,
    account       text        NOT NULL,
    endpoint      text        NOT NULL,
    provider      text        NOT NULL,
    repository    text        NOT NULL,
    size          integer     NOT NULL,
    verdict       text        NOT NULL,
    input_tokens  integer,
    output_tokens integer,
    latency_ms    integer,
    flags         text[]      NOT NULL,
    delivered_at  timestamptz,
    erased_at     timestamptz,
    identity      bytea,
    payload       bytea,
    PRIMARY KEY (customer_id, clock_day, id)
) PARTITION BY RANGE (clock_day);

-- With the cell in it, counting a day's cells reads this index alone.
CREATE INDEX retention_record_exchange
    ON retention_record (customer_id, clock_day, exchange_id) INCLUDE (cell_id);

-- Sealed values are compressed before they are sealed.
ALTER TABLE retention_record ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE retention_record ALTER COLUMN identity SET STORAGE EXTERNAL;
