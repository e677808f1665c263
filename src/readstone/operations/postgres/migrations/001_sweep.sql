-- What is done now and then, by one process for all.

-- One sweeper at a time, over all machines; a sweeper that stops holds nothing, for the lock goes with each call.
CREATE FUNCTION may_sweep() RETURNS boolean LANGUAGE sql AS $$
    SELECT pg_try_advisory_xact_lock(1381258324, 0)
$$;

-- What processes held that are gone lapses now. _stale: seconds without a heartbeat; null: only those who left.
CREATE FUNCTION forsake(_stale double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _count integer;
BEGIN
    IF NOT may_sweep() THEN
        RETURN 0;
    END IF;
    IF _stale IS NOT NULL THEN
        PERFORM procrastinate_prune_stalled_workers_v1(_stale);
    END IF;
    UPDATE lease l SET held_until = 0
    WHERE l.holder IS NOT NULL AND NOT l.released AND l.held_until > 0
        AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = l.holder);
    GET DIAGNOSTICS _count = ROW_COUNT;
    RETURN _count;
END $$;

-- Fails operations with a page whose last attempt lapsed.
CREATE FUNCTION give_up(_process bigint, _allowed integer, _moment double precision)
RETURNS TABLE (id uuid, blob text) LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := moment_or_now(_moment);
    _sequence bigint;
    _lease lease;
    _ended double precision;
BEGIN
    IF NOT may_sweep() THEN
        RETURN;
    END IF;
    PERFORM turns_stand();
    FOR _sequence IN
        SELECT DISTINCT l.sequence FROM lease l WHERE NOT l.released AND lapsed(l.held_until, _now)
            AND l.holder IS NOT NULL AND l.attempts >= _allowed LIMIT 100
    LOOP
        SELECT o.id, o.ended INTO id, _ended FROM operation o WHERE o.sequence = _sequence FOR NO KEY UPDATE;
        SELECT l.* INTO _lease FROM lease l WHERE l.sequence = _sequence AND NOT l.released
            AND lapsed(l.held_until, _now) AND l.holder IS NOT NULL AND l.attempts >= _allowed LIMIT 1 FOR UPDATE;
        CONTINUE WHEN _lease.job IS NULL;
        IF _ended IS NOT NULL THEN
            PERFORM drop_page(_lease);
            CONTINUE;
        END IF;
        blob := finish(_sequence, 'failed', _process, _now);
        RETURN NEXT;
    END LOOP;
END $$;

-- Removes some operations that ended at that time or before; 0 when none is left.
CREATE FUNCTION expire(_before double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    _due bigint[];
BEGIN
    IF NOT may_sweep() THEN
        RETURN 0;
    END IF;
    SELECT array_agg(d.sequence) INTO _due FROM (
        SELECT o.sequence, sum(cardinality(o.pages)) OVER (ORDER BY o.ended, o.sequence) AS results FROM operation o
        WHERE o.ended <= _before ORDER BY o.ended, o.sequence LIMIT 500
    ) d WHERE d.results <= 5000 OR d.sequence = (
        SELECT o.sequence FROM operation o WHERE o.ended <= _before ORDER BY o.ended, o.sequence LIMIT 1
    );
    DELETE FROM result r WHERE r.sequence = ANY (_due);
    DELETE FROM operation o WHERE o.sequence = ANY (_due);
    RETURN coalesce(cardinality(_due), 0);
END $$;

-- A job's priority has 32 bits, enough for two thousand million turns: before they are used up, all begin at 0 again.
-- Takes some seconds for each million pages waiting, in which nothing is claimed or accepted.
CREATE FUNCTION turn_back(_most bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _turn bigint;
BEGIN
    IF coalesce((SELECT max(p.served) FROM process p), 0) <= _most THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(1381258324, 2);
    SELECT max(p.served) INTO _turn FROM process p;
    UPDATE procrastinate_jobs j SET priority = j.priority + _turn WHERE j.queue_name IN ('readstone', 'readstone_alone');
    UPDATE line l SET last = l.last - _turn;
    UPDATE process p SET served = p.served - _turn;
    RETURN true;
END $$;

-- Adds up the counts of processes that are gone, and forgets owners whose turn is long past.
CREATE FUNCTION fold() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT may_sweep() THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1381258324, 1);  -- release counts in the same rows
    WITH gone AS (
        DELETE FROM share s WHERE s.process <> 0
            AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = s.process)
        RETURNING s.owner, s.waiting
    )
    INSERT INTO share AS s SELECT g.owner, 0, sum(g.waiting) FROM gone g GROUP BY g.owner
    ON CONFLICT (owner, process) DO UPDATE SET waiting = s.waiting + excluded.waiting;
    DELETE FROM share s WHERE s.process = 0 AND s.waiting = 0;
    WITH gone AS (
        DELETE FROM process p WHERE p.id <> 0
            AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = p.id)
        RETURNING p.served, p.not_started, p.running
    )
    INSERT INTO process AS p SELECT 0, 0, coalesce(max(g.served), 0), coalesce(sum(g.not_started), 0),
        coalesce(sum(g.running), 0) FROM gone g
    ON CONFLICT (id, slot) DO UPDATE SET
        not_started = p.not_started + excluded.not_started, running = p.running + excluded.running,
        served = greatest(p.served, excluded.served);
    DELETE FROM line l WHERE l.owner IN (
        SELECT d.owner FROM line d WHERE d.last < (SELECT max(p.served) FROM process p)
        LIMIT 10000 FOR UPDATE SKIP LOCKED  -- an accept that holds one may want another
    );
    PERFORM turn_back(1000000000);
END $$;
