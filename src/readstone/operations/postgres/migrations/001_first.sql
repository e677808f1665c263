-- The operations room's own tables, beside Procrastinate's.
--
-- Everything lies in the schema "readstone", which the connection has as its search path. Times are UTC seconds
-- since 1970, and "_moment" is null outside tests: the database's clock decides, machines may disagree.
--
-- A function that a release has called is never changed in its parameters or columns: older processes go on
-- calling it. A new shape gets a new name.

CREATE SEQUENCE operation_sequence;

CREATE TABLE operation (
    sequence bigint PRIMARY KEY DEFAULT nextval('operation_sequence'),
    id uuid NOT NULL UNIQUE,
    surface text NOT NULL,
    kind text NOT NULL,
    options bytea NOT NULL,
    owner text NOT NULL,
    trace text NOT NULL DEFAULT '',
    pages integer[] NOT NULL,
    jobs bigint[],                    -- Procrastinate's job of each page; null once the operation has ended
    unread integer NOT NULL,          -- pages without a result
    state text NOT NULL,
    created double precision NOT NULL,
    updated double precision NOT NULL,
    ended double precision,
    blob text,                        -- the input's name in the input store, when it is not in table input
    input_bytes bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX operation_live ON operation (sequence) WHERE ended IS NULL;
CREATE INDEX operation_line ON operation (owner, sequence) WHERE ended IS NULL;
CREATE INDEX operation_ended ON operation (ended) WHERE ended IS NOT NULL;
CREATE INDEX operation_blob ON operation (blob) WHERE blob IS NOT NULL;

-- Documents in pieces of a megabyte: no value is ever larger in memory, here or there.
CREATE TABLE input (
    operation uuid NOT NULL,
    number integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (operation, number)
);
ALTER TABLE input ALTER COLUMN bytes SET STORAGE EXTERNAL;  -- images are compressed already

-- A page that has been claimed once. It keeps fence and attempts until the operation ends.
-- holder: the process that has the page; it stays after the lease lapsed and so marks a page that may kill.
-- held_until: the lease's end when there is a holder, a pause's end when there is none.
-- released: the job waits again, nothing is held and no pause is on.
CREATE TABLE lease (
    sequence bigint NOT NULL,
    position integer NOT NULL,
    job bigint NOT NULL,
    fence bigint NOT NULL,
    attempts integer NOT NULL,
    holder bigint,
    held_until double precision NOT NULL,
    alone boolean NOT NULL,
    released boolean NOT NULL,
    PRIMARY KEY (sequence, position)
);
CREATE INDEX lease_due ON lease (held_until) WHERE NOT released;
CREATE INDEX lease_holder ON lease (holder) WHERE holder IS NOT NULL;
CREATE INDEX lease_left ON lease (sequence) WHERE released AND holder IS NOT NULL;

CREATE TABLE result (
    sequence bigint NOT NULL,
    position integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (sequence, position)
);

-- What one process has added to an owner's waiting pages and taken from them; the sum over the processes is how
-- many wait. One row for each process, so that no two wait for each other to count. Process 0 is nobody's: there
-- go the rows of processes that are gone.
CREATE TABLE share (
    owner text NOT NULL,
    process bigint NOT NULL,
    waiting bigint NOT NULL,
    PRIMARY KEY (owner, process)
) WITH (fillfactor = 50);

-- The same for operations by state; served: the latest turn of which this process took a page. Several rows for each
-- process, as its connections are busy at the same time.
CREATE TABLE process (
    id bigint NOT NULL,
    slot integer NOT NULL,
    served bigint NOT NULL,
    not_started bigint NOT NULL,
    running bigint NOT NULL,
    PRIMARY KEY (id, slot)
) WITH (fillfactor = 10);

-- The turn of an owner's last page; only changed under the owner's lock, see line_up.
CREATE TABLE line (
    owner text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);

-- Rows come and go by the thousand: cleaning up often is cheap, and late is not.
ALTER TABLE lease SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE share SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE line SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE process SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE input SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
ALTER TABLE operation SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE procrastinate_jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);
ALTER TABLE procrastinate_events SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
ALTER TABLE procrastinate_workers SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- --- small words ---------------------------------------------------------------------------------------

CREATE FUNCTION moment_or_now(_moment double precision) RETURNS double precision LANGUAGE sql AS $$
    SELECT coalesce(_moment, extract(epoch FROM clock_timestamp())::double precision)
$$;

-- 300 is LONGEST_LEASE_SECONDS: what seems to end later was given before the clock was set back.
CREATE FUNCTION lapsed(_until double precision, _now double precision) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT _until <= _now OR _until > _now + 300
$$;

CREATE FUNCTION count_waiting(_owner text, _process bigint, _pages bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO share AS s VALUES (_owner, _process, _pages)
    ON CONFLICT (owner, process) DO UPDATE SET waiting = s.waiting + excluded.waiting
$$;

CREATE FUNCTION count_operations(_process bigint, _not_started bigint, _running bigint, _served bigint)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO process AS p VALUES (_process, pg_backend_pid() % 16, _served, _not_started, _running)
    ON CONFLICT (id, slot) DO UPDATE SET
        not_started = p.not_started + excluded.not_started,
        running = p.running + excluded.running,
        served = greatest(p.served, excluded.served)
$$;

-- --- processes: Procrastinate's workers -----------------------------------------------------------------

CREATE FUNCTION arrive() RETURNS bigint LANGUAGE sql AS $$
    SELECT worker_id FROM procrastinate_register_worker_v1()
$$;

-- False when this process was taken for dead meanwhile, and must arrive anew.
CREATE FUNCTION beat(_process bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_update_heartbeat_v1(_process);
    RETURN EXISTS (SELECT FROM procrastinate_workers WHERE id = _process);
END $$;

CREATE FUNCTION leave(_process bigint) RETURNS void LANGUAGE sql AS $$
    SELECT procrastinate_unregister_worker_v1(_process)
$$;
